#include "eval/evaluators/spaces.h"

#include <cebm/errors.h>

#include "eval/evaluators/split_classes.h"

namespace cebm {

void require_spaces(const std::vector<std::string>& spaces, const EvaluatorContext& context,
                    const std::string& evaluator) {
  for (const std::string& name : spaces) {
    if (!find_column(name).available(*context.model)) {
      throw ConfigError(evaluator + ": spaces: this run's model has no " + name);
    }
  }
  if (spaces.empty()) throw ConfigError(evaluator + ": spaces: expected at least one, such as latent; found none");
}

void LabelledPoints::begin(const Dataset& data, std::int64_t needed, const std::string& evaluator) {
  const std::string what = evaluator + ": data set " + data.name + ", split " + data.split + ": expected ";
  if (data.size() < needed) {
    throw DataError(what + "at least " + std::to_string(needed) + (needed == 1 ? " image" : " images") + ", found " +
                    std::to_string(data.size()));
  }
  if (const auto without = data.labels.lt(0).sum().item<std::int64_t>(); without > 0) {
    throw DataError(what + "a label for every image, found " + std::to_string(without) + " without");
  }
  if (const auto largest = data.labels.max().item<std::int64_t>();
      largest >= static_cast<std::int64_t>(data.classes.size())) {
    throw DataError(what + "labels of " + std::to_string(data.classes.size()) + " classes, found label " +
                    std::to_string(largest));
  }
  labels_ = data.labels;
  classes_ = data.classes;
  points_.clear();
  points_[kPixels] = data.images.contiguous().flatten(1);
}

void LabelledPoints::add(const std::string& space, std::int64_t first, const torch::Tensor& points) {
  if (space == kPixels) return;
  const torch::Tensor rows = points.view({points.size(0), -1});
  torch::Tensor& all = points_[space];
  if (!all.defined()) all = torch::empty({labels_.size(0), rows.size(1)}, torch::kFloat);
  all.narrow(0, first, rows.size(0)).copy_(rows);
}

void require_same_classes(const std::array<LabelledPoints, 2>& sets, const std::string& evaluator,
                          const std::string& data) {
  const auto& [train, test] = sets;
  if (!train.has_begun() || !test.has_begun()) return;
  require_same_classes(train.classes(), test.classes(), evaluator, data);
}

}  // namespace cebm

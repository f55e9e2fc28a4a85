#include "eval/statistics/label_draws.h"

#include <cebm/errors.h>

#include <algorithm>

namespace cebm {

namespace {

/// First step number of random streams that no training and no draw of labels reaches.
constexpr std::uint64_t kValidationStep = std::uint64_t{1} << 48U;

}  // namespace

std::vector<std::vector<std::int64_t>> draw_labels(const torch::Tensor& labels, std::int64_t classes, std::int64_t most,
                                                   std::uint64_t seed, std::int64_t draw) {
  const auto label = labels.accessor<std::int64_t, 1>();
  std::vector<std::vector<std::int64_t>> drawn(static_cast<std::size_t>(classes));
  const RandomKey key{seed, Stream::evaluation, static_cast<std::uint64_t>(draw)};
  for (const std::int64_t image : random_permutation(labels.size(0), key)) {
    auto& of_class = drawn[static_cast<std::size_t>(label[image])];
    if (std::ssize(of_class) < most) of_class.push_back(image);
  }
  return drawn;
}

std::vector<std::int64_t> first_of_each(const std::vector<std::vector<std::int64_t>>& drawn, std::int64_t count) {
  std::vector<std::int64_t> chosen;
  for (const auto& of_class : drawn) {
    const auto end = of_class.begin() + std::min<std::int64_t>(count, std::ssize(of_class));
    chosen.insert(chosen.end(), of_class.begin(), end);
  }
  return chosen;
}

ValidationSplit split_for_validation(std::int64_t count, std::int64_t validation, std::uint64_t seed,
                                     const std::string& evaluator) {
  if (validation >= count) {
    throw DataError(evaluator + ": validation: expected fewer images than the training set has (" +
                    std::to_string(count) + "), found " + std::to_string(validation));
  }
  const torch::Tensor rows =
      torch::tensor(random_permutation(count, {seed, Stream::evaluation, kValidationStep}), torch::kInt64);
  const auto sorted = [&](std::int64_t first, std::int64_t size) {
    return std::get<0>(rows.narrow(0, first, size).sort());
  };
  return {sorted(0, count - validation), sorted(count - validation, validation)};
}

void require_labels(const Dataset& data, std::int64_t least, const std::string& evaluator) {
  const std::string where = evaluator + ": data set " + data.name + ", split " + data.split + ": ";
  const auto classes = std::ssize(data.classes);
  if (classes < 2) throw DataError(where + "expected at least 2 classes, found " + std::to_string(classes));
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
  const auto label = data.labels.accessor<std::int64_t, 1>();
  for (std::int64_t i = 0; i < data.size(); ++i) {
    if (label[i] < 0 || label[i] >= classes) {
      throw DataError(where + "expected a label for every image, found none for image " + std::to_string(i));
    }
    ++counts[static_cast<std::size_t>(label[i])];
  }
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] < least) {
      throw DataError(where + "expected at least " + std::to_string(least) + " labelled images of each class, found " +
                      std::to_string(counts[k]) + " of class '" + data.classes[k] + "'");
    }
  }
}

}  // namespace cebm

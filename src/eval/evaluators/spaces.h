// Labelled sets as points in the spaces where distances are computed.
#pragma once

#include <cebm/evaluator.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace cebm {

/// The space of the images themselves.
inline constexpr const char* kPixels = "pixels";

/// Throws ConfigError if there is no space, or for one that is not a column (columns.h) or that the model does not
/// have.
void require_spaces(const std::vector<std::string>& spaces, const EvaluatorContext& context,
                    const std::string& evaluator);

/// A set's labels, and its points in each space, gathered batch by batch.
class LabelledPoints {
 public:
  /// Throws DataError that starts with `evaluator` if the set has fewer than `needed` images, or images without a
  /// label or with one that has no name.
  void begin(const Dataset& data, std::int64_t needed, const std::string& evaluator);
  /// Adds points [B] or [B, D] of the images from number `first` on. Those in the space "pixels" are the set's own
  /// images instead, which take no further memory.
  void add(const std::string& space, std::int64_t first, const torch::Tensor& points);

  bool has_begun() const { return labels_.defined(); }
  const torch::Tensor& labels() const { return labels_; }  ///< [N]
  const std::vector<std::string>& classes() const { return classes_; }
  /// [N, D]: pixels as they are stored, uint8; others float32
  const torch::Tensor& points(const std::string& space) const { return points_.at(space); }

 private:
  torch::Tensor labels_;
  std::vector<std::string> classes_;
  std::map<std::string, torch::Tensor> points_;
};

/// Throws DataError if the classes of the training set, the first, and the test set differ (split_classes.h); does
/// nothing before both have begun.
void require_same_classes(const std::array<LabelledPoints, 2>& sets, const std::string& evaluator,
                          const std::string& data);

}  // namespace cebm

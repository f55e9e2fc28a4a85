// Which training images carry a label in a few-label evaluation, and which are kept apart in place of test images.
#pragma once

#include <cebm/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// Images of each class in the order in which draw number `draw` takes them: the class's images in the order of
/// random_permutation(N, {seed, Stream::evaluation, draw}), at most `most` of each. A draw with fewer labels per class
/// is a prefix of one with more.
std::vector<std::vector<std::int64_t>> draw_labels(const torch::Tensor& labels, std::int64_t classes, std::int64_t most,
                                                   std::uint64_t seed, std::int64_t draw);

/// The first `count` images of each class, one class after the other.
std::vector<std::int64_t> first_of_each(const std::vector<std::vector<std::int64_t>>& drawn, std::int64_t count);

/// Places in the training set, ascending.
struct ValidationSplit {
  torch::Tensor rest;        ///< of the images to fit to
  torch::Tensor validation;  ///< of those in place of the test set
};

/// Keeps `validation` of `count` training images apart: the last of a random permutation by `seed`, the same for every
/// evaluator. Throws DataError that starts with `evaluator` unless some remain.
ValidationSplit split_for_validation(std::int64_t count, std::int64_t validation, std::uint64_t seed,
                                     const std::string& evaluator);

/// Throws DataError naming set, split and class unless there are two classes, every image has a label and every class
/// has at least `least` images.
void require_labels(const Dataset& data, std::int64_t least, const std::string& evaluator);

}  // namespace cebm

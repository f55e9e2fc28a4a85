// Sets distributed as MNIST is: one IDX file of images and one of labels for each split.
#pragma once

#include <cebm/dataset.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

struct MnistLike {
  std::string name;
  std::string summary;
  std::vector<std::string> classes;
  std::string how_to_get;  ///< what a user does when the set is missing
};

/// Reads the split from the first folder that holds both of its files: {train,t10k}-images-idx3-ubyte and
/// -labels-idx1-ubyte, also with a dot before idx, each plain or with .gz. `limit` > 0 keeps the first images only.
/// Throws DataError: no such folder, damaged files, images that are not 28 x 28, counts that differ, labels that are
/// no class. Throws ConfigError for a split other than train and test.
Dataset load_mnist_like(const MnistLike& set, const std::vector<std::filesystem::path>& folders,
                        const std::string& split, std::int64_t limit);

DatasetEntry mnist();
DatasetEntry fashion_mnist();

}  // namespace cebm

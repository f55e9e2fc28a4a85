// Sets distributed as MNIST is: one IDX file of images and one of labels for each split.
#pragma once

#include <cebm/dataset.h>
#include <cebm/fetch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

inline constexpr ImageShape kMnistImage{1, 28, 28};

struct MnistLike {
  std::string name;
  std::string summary;
  std::vector<std::string> classes;
  std::string how_to_get;  ///< what a user does when the set is missing

  std::string train_prefix = "train-";  ///< of file names
  std::string test_prefix = "t10k-";
  std::vector<std::string> subfolders = {""};  ///< where the files may be, below a folder of the set
  std::int64_t first_label = 0;                ///< the file's label of class 0
  bool transposed = false;                     ///< the file stores images column by column
};

/// Reads the split from the first folder that holds both of its files: <prefix>images-idx3-ubyte and
/// <prefix>labels-idx1-ubyte, also with a dot before idx, each plain or with .gz. `limit` > 0 keeps the first images
/// only.
/// Throws DataError: no such folder, damaged files, images that are not 28 x 28, counts that differ, labels that are
/// no class, labels whose content is that of another of the `published` sets. Throws ConfigError for a split other than
/// train and test.
Dataset load_mnist_like(const MnistLike& set, const std::vector<std::filesystem::path>& folders,
                        const std::string& split, std::int64_t limit,
                        const std::vector<DataSource>& published = data_sources());

}  // namespace cebm

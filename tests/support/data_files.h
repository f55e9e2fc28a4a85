// Small complete data sets in their true formats, written by the tests. Pixel and label of every image are known:
// test_pixel and i % classes.
#pragma once

#include <cebm/image_io.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "data/idx_files.h"
#include "support/mat_files.h"

namespace cebm {

struct SplitSizes {
  std::uint32_t train = 20;
  std::uint32_t test = 10;
};

/// Differs between neighbouring images, channels, rows and columns.
inline std::uint8_t test_pixel(std::uint32_t seed, std::uint32_t image, std::uint32_t channel, std::uint32_t row,
                               std::uint32_t column) {
  return static_cast<std::uint8_t>(seed * 17 + image * 29 + channel * 71 + row * 5 + column * 3);
}

inline void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Two IDX files of 28 x 28 images; `transposed` stores them column by column. Labels are compressed.
inline void write_idx_split(const std::filesystem::path& folder, const std::string& prefix, std::uint32_t count,
                            std::uint32_t classes, std::uint32_t seed, std::uint32_t first_label = 0,
                            bool transposed = false) {
  std::string images = idx_header({count, 28, 28});
  std::string labels = idx_header({count});
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::uint32_t a = 0; a < 28; ++a) {
      for (std::uint32_t b = 0; b < 28; ++b) {
        images += static_cast<char>(test_pixel(seed, i, 0, transposed ? b : a, transposed ? a : b));
      }
    }
    labels += static_cast<char>(i % classes + first_label);
  }
  write_bytes(folder / (prefix + "images-idx3-ubyte"), images);
  write_bytes(folder / (prefix + "labels-idx1-ubyte.gz"), gz(labels));
}

/// MNIST's files, and those of sets that share its format. The test split has the seed's successor.
inline void write_mnist(const std::filesystem::path& folder, SplitSizes sizes = {}, std::uint32_t seed = 1) {
  write_idx_split(folder, "train-", sizes.train, 10, seed);
  write_idx_split(folder, "t10k-", sizes.test, 10, seed + 1);
}

inline void write_fashion_mnist(const std::filesystem::path& folder, SplitSizes sizes = {}, std::uint32_t seed = 1) {
  write_mnist(folder, sizes, seed);
}

inline void write_emnist(const std::filesystem::path& folder, SplitSizes sizes = {}, std::uint32_t seed = 1,
                         const std::string& subset = "digits", std::uint32_t classes = 10) {
  const std::uint32_t first = subset == "letters" ? 1 : 0;
  write_idx_split(folder, "emnist-" + subset + "-train-", sizes.train, classes, seed, first, true);
  write_idx_split(folder, "emnist-" + subset + "-test-", sizes.test, classes, seed + 1, first, true);
}

/// Records of CIFAR-10: a label, then the three planes. Images are numbered from `first`.
inline std::string cifar10_records(std::uint32_t first, std::uint32_t count, std::uint32_t seed) {
  std::string bytes;
  for (std::uint32_t i = first; i < first + count; ++i) {
    bytes += static_cast<char>(i % 10);
    for (std::uint32_t c = 0; c < 3; ++c) {
      for (std::uint32_t row = 0; row < 32; ++row) {
        for (std::uint32_t column = 0; column < 32; ++column) {
          bytes += static_cast<char>(test_pixel(seed, i, c, row, column));
        }
      }
    }
  }
  return bytes;
}

/// The training images are spread over the five files; at least five.
inline void write_cifar10(const std::filesystem::path& folder, SplitSizes sizes = {}, std::uint32_t seed = 1) {
  std::uint32_t first = 0;
  for (std::uint32_t file = 1; file <= 5; ++file) {
    const std::uint32_t end = sizes.train * file / 5;
    write_bytes(folder / ("data_batch_" + std::to_string(file) + ".bin"), cifar10_records(first, end - first, seed));
    first = end;
  }
  write_bytes(folder / "test_batch.bin", cifar10_records(0, sizes.test, seed + 1));
}

/// SVHN's array X without its tag: [32, 32, 3, N], rows fastest.
inline std::string svhn_pixels(std::uint32_t count, std::uint32_t seed) {
  std::string bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::uint32_t c = 0; c < 3; ++c) {
      for (std::uint32_t column = 0; column < 32; ++column) {
        for (std::uint32_t row = 0; row < 32; ++row) bytes += static_cast<char>(test_pixel(seed, i, c, row, column));
      }
    }
  }
  return bytes;
}

/// Labels 0, 1, ... 9, 0, ... as SVHN has them: 10 for the digit 0.
inline std::string svhn_labels(std::uint32_t count) {
  std::string bytes;
  for (std::uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10 == 0 ? 10 : i % 10);
  return bytes;
}

inline std::string svhn_file(std::uint32_t count, std::uint32_t seed, bool compressed = true) {
  const auto size = static_cast<std::int32_t>(count);
  const std::string x = mat_array("X", {32, 32, 3, size}, svhn_pixels(count, seed));
  const std::string y = mat_array("y", {size, 1}, svhn_labels(count));
  return mat_header() + (compressed ? mat_compressed(x) + mat_compressed(y) : x + y);
}

/// The file of extra images has the seed two after.
inline void write_svhn(const std::filesystem::path& folder, SplitSizes sizes = {}, std::uint32_t seed = 1,
                       std::uint32_t extra = 15) {
  write_bytes(folder / "train_32x32.mat", svhn_file(sizes.train, seed));
  write_bytes(folder / "test_32x32.mat", svhn_file(sizes.test, seed + 1));
  write_bytes(folder / "extra_32x32.mat", svhn_file(extra, seed + 2));
}

/// An RGB picture of test pixels.
inline Picture test_picture(std::int64_t width, std::int64_t height, std::uint32_t image, std::uint32_t seed = 1,
                            std::int64_t channels = 3) {
  Picture picture{.width = width, .height = height, .channels = channels, .pixels = {}};
  for (std::uint32_t row = 0; row < height; ++row) {
    for (std::uint32_t column = 0; column < width; ++column) {
      for (std::uint32_t c = 0; c < channels; ++c) picture.pixels.push_back(test_pixel(seed, image, c, row, column));
    }
  }
  return picture;
}

/// `count` pictures of different sizes in the folders of three of DTD's classes.
inline void write_texture(const std::filesystem::path& folder, std::uint32_t count = 20, std::uint32_t seed = 1) {
  constexpr std::array<const char*, 3> classes = {"banded", "dotted", "woven"};
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name = std::string(classes[i % 3]) + "_" + std::to_string(1000 + i) + ".png";
    write_bytes(folder / "dtd" / "images" / classes[i % 3] / name,
                encode_png(test_picture(40 + i % 7, 50 - i % 5, i, seed)));
  }
}

/// Every set that is read from files, each in the folder of its name below `root`.
inline void write_all_sets(const std::filesystem::path& root, SplitSizes sizes = {}, std::uint32_t seed = 1) {
  write_mnist(root / "mnist", sizes, seed);
  write_fashion_mnist(root / "fashion_mnist", sizes, seed);
  write_emnist(root / "emnist", sizes, seed);
  write_cifar10(root / "cifar10", sizes, seed);
  write_svhn(root / "svhn", sizes, seed);
  write_texture(root / "texture", sizes.train, seed);
}

}  // namespace cebm

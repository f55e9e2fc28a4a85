// Building a registered set from YAML, and comparing its images with those that were written.
#pragma once

#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "support/data_files.h"

namespace cebm {

/// The set `name` with `options` set, from `context`.
inline std::shared_ptr<Dataset> load_set(const std::string& name, const std::string& options,
                                         const DataContext& context) {
  static const Catalog catalog;
  const auto& row = catalog.datasets.find(name);
  const auto read = row.options(catalog);
  read_options(parse_config(options), *read);
  return row.build(*read, context);
}

/// Image `i` of `images` is the one that was written as number `written`.
inline void expect_image(const torch::Tensor& images, std::int64_t i, std::uint32_t seed, std::uint32_t written) {
  const auto pixels = images.accessor<std::uint8_t, 4>();
  for (std::int64_t c = 0; c < images.size(1); ++c) {
    for (std::int64_t row = 0; row < images.size(2); ++row) {
      for (std::int64_t column = 0; column < images.size(3); ++column) {
        ASSERT_EQ(pixels[i][c][row][column],
                  test_pixel(seed, written, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(row),
                             static_cast<std::uint32_t>(column)))
            << "image " << i << ", channel " << c << ", row " << row << ", column " << column;
      }
    }
  }
}

/// A fixture whose folder is a data root.
class SetTest : public FolderTest {
 protected:
  std::shared_ptr<Dataset> load(const std::string& name, const std::string& options = "{}",
                                const std::string& split = "train") const {
    return load_set(name, options, {.root = folder_, .split = split});
  }
  /// The message with which the set is refused; it must name `file`.
  std::string refused(const std::string& name, const std::filesystem::path& file, const std::string& options = "{}",
                      const std::string& split = "train") const {
    const std::string message = message_of<DataError>([&] { load(name, options, split); });
    EXPECT_THAT(message, testing::HasSubstr(file.string() + ": "));
    return message;
  }
};

/// A fixture with a cache folder of its own.
class PictureTest : public SetTest {
 protected:
  void SetUp() override {
    SetTest::SetUp();
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
  }
  void TearDown() override {
    unsetenv("XDG_CACHE_HOME");
    SetTest::TearDown();
  }
  std::filesystem::path save(const std::string& name, const Picture& picture) const {
    write_bytes(folder_ / name, encode_png(picture));
    return folder_ / name;
  }
};

}  // namespace cebm

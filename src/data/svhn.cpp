#include <cebm/dataset.h>

#include <algorithm>

#include "data/limit.h"
#include "data/mat_integers.h"
#include "data/mat_variable.h"
#include "data/rows.h"
#include "data/set_files.h"

namespace cebm {

namespace {

constexpr std::int64_t kSvhnSide = 32;
constexpr std::int64_t kSvhnChannels = 3;
constexpr std::int64_t kSvhnPixels = kSvhnSide * kSvhnSide;
constexpr std::int64_t kImage = kSvhnChannels * kSvhnPixels;
constexpr std::int64_t kSvhnBlock = 512;  // images read at a time

const std::vector<std::string> kSvhnClasses = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

/// One file while its images are read: X is [32, 32, 3, N] with rows running fastest, y [N, 1] with 10 for digit 0.
struct Part {
  std::filesystem::path file;
  MatVariable images;
  std::int64_t size;
};

std::string text_of(const std::vector<std::int64_t>& sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

Part open_part(const std::filesystem::path& file) {
  MatVariable images(file, "X");
  std::vector<std::int64_t> sizes = images.sizes();
  if (sizes.size() == 3) sizes.push_back(1);  // MATLAB drops a last size of 1
  if (sizes.size() != 4 || sizes[0] != kSvhnSide || sizes[1] != kSvhnSide || sizes[2] != kSvhnChannels ||
      sizes[3] < 1) {
    images.fail("expected 'X' to be 32 x 32 x 3 x N, found " + text_of(images.sizes()));
  }
  images.open_bytes();
  return {file, std::move(images), sizes[3]};
}

/// Writes the first `count` images to `out` as [count, 32, 32, 3]; a whole file is also checked to its end.
void read_images(Part& part, std::int64_t count, std::uint8_t* out, const std::function<void(std::int64_t)>& done) {
  std::vector<std::uint8_t> block(static_cast<std::size_t>(std::min(kSvhnBlock, count) * kImage));
  for (std::int64_t begin = 0; begin < count; begin += kSvhnBlock) {
    const std::int64_t size = std::min(kSvhnBlock, count - begin);
    part.images.read_bytes(block.data(), size * kImage);
    for (std::int64_t i = 0; i < size; ++i) {
      const std::uint8_t* const image = block.data() + i * kImage;  // [channel][column][row]
      for (std::int64_t row = 0; row < kSvhnSide; ++row) {
        for (std::int64_t column = 0; column < kSvhnSide; ++column) {
          for (std::int64_t c = 0; c < kSvhnChannels; ++c) *out++ = image[c * kSvhnPixels + column * kSvhnSide + row];
        }
      }
    }
    done(begin + size);
  }
  if (count == part.size) part.images.finish_bytes();
}

void read_labels(const Part& part, std::int64_t count, std::int64_t* out) {
  const MatVariable header(part.file, "y");
  if (header.numel() != part.size) {
    header.fail("expected " + std::to_string(part.size) + " labels in 'y', one for each image of 'X', found " +
                text_of(header.sizes()));
  }
  const auto labels = read_mat_integers(part.file, "y");
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(labels.size()); ++i) {
    if (labels[i] < 1 || labels[i] > 10) {
      header.fail("expected labels of 1 .. 10 in 'y', found " + std::to_string(labels[i]) + " as label " +
                  std::to_string(i + 1));
    }
    if (i < count) out[i] = labels[i] % 10;
  }
}

std::vector<std::vector<std::string>> file_names(const SvhnOptions& options, const std::string& split) {
  std::vector<std::vector<std::string>> names = {{split + "_32x32.mat"}};
  if (split == "train" && options.extra) names.push_back({"extra_32x32.mat"});
  return names;
}

std::shared_ptr<Dataset> load_svhn(const SvhnOptions& options, const DataContext& context) {
  require_split("svhn", context.split, {"train", "extra", "test"});
  const auto files = find_set_files(
      {.set = "svhn",
       .names = file_names(options, context.split),
       .how_to_get = "Get it by cebm-data fetch svhn, or put the files into data/svhn, or name their folder with "
                     "--data-root or CEBM_DATA. To train without the 1.3 GB of extra_32x32.mat: extra: false."},
      data_folders("svhn", context));
  std::vector<Part> parts;
  std::int64_t all = 0;
  for (const auto& file : files) all += parts.emplace_back(open_part(file)).size;

  // One tensor for everything, written as the bytes arrive: the whole training split is 1.86 GB.
  const std::int64_t count = limited(all, options.limit);
  const torch::Tensor images = at::empty({count, kSvhnSide, kSvhnSide, kSvhnChannels}, at::kByte);
  const torch::Tensor labels = at::empty({count}, at::kLong);
  std::int64_t begin = 0;
  for (Part& part : parts) {
    const std::int64_t size = std::min(part.size, count - begin);
    if (size == 0) break;
    read_images(part, size, images.data_ptr<std::uint8_t>() + begin * kImage, [&](std::int64_t done) {
      if (context.progress)
        context.progress(static_cast<std::uint64_t>(begin + done), static_cast<std::uint64_t>(count));
    });
    read_labels(part, size, labels.data_ptr<std::int64_t>() + begin);
    begin += size;
  }
  return std::make_shared<Dataset>(Dataset{.name = "svhn",
                                           .split = context.split,
                                           .images = images.permute({0, 3, 1, 2}),
                                           .labels = labels,
                                           .classes = kSvhnClasses,
                                           .files = files});
}

}  // namespace

void SvhnOptions::fields(Fields& visit) {
  visit.boolean("extra", extra, "whether the training split goes on with the 531,131 images of extra_32x32.mat");
  visit_limit(visit, limit);
}

DatasetEntry svhn() {
  return with_image_shape(
      make_entry<SvhnOptions, DatasetEntry>(
          "svhn", "house numbers, 604,388 (train and extra) + 26,032 RGB images of 32 x 32 (Netzer et al. 2011)",
          "{extra: false, limit: 100}", load_svhn),
      ImageShape{kSvhnChannels, kSvhnSide, kSvhnSide});
}

}  // namespace cebm

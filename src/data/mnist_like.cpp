#include "data/mnist_like.h"

#include <cebm/errors.h>

#include <algorithm>

#include "data/limit.h"
#include "data/set_files.h"
#include "fetch/check.h"

namespace cebm {

namespace {

constexpr int kImageRank = 3;
constexpr int kLabelRank = 1;

/// "train-images-idx3-ubyte" and its dotted and compressed variants.
std::vector<std::string> file_names(const std::string& prefix, const std::string& content, int rank) {
  const std::string name = prefix + content + "-idx" + std::to_string(rank) + "-ubyte";
  std::string dotted = name;
  dotted[dotted.rfind("-idx")] = '.';
  return {name, name + ".gz", dotted, dotted + ".gz"};
}

/// Labels of the file as classes 0, 1, ...
torch::Tensor classes_of(const torch::Tensor& labels, const MnistLike& set, const std::filesystem::path& file) {
  const auto* const values = labels.const_data_ptr<std::uint8_t>();
  const auto last = set.first_label + static_cast<std::int64_t>(set.classes.size()) - 1;
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (values[i] < set.first_label || values[i] > last) {
      const std::int64_t offset = 4 + 4 * kLabelRank + i;
      throw DataError(file.string() + ": at byte " + std::to_string(offset) + ": expected a label of " +
                      std::to_string(set.first_label) + " .. " + std::to_string(last) + ", found " +
                      std::to_string(values[i]));
    }
  }
  return labels.to(at::kLong).sub_(set.first_label);
}

/// Throws DataError if the file of labels is that of another set, whose files are named alike.
void refuse_another_set(const MnistLike& set, const std::filesystem::path& file, const std::vector<std::string>& names,
                        const std::vector<DataSource>& published) {
  for (const DataSource& source : published) {
    for (const DataFile& other : source.files) {
      if (source.name == set.name || std::ranges::find(names, other.name) == names.end()) continue;
      if (!content_is(file, other.content_sha256, other.content_size)) continue;
      throw DataError(file.string() + ": expected the labels of " + set.name + ", found those of " + source.name +
                      ", whose files have the same names; keep each set in a folder of its name, and name by " +
                      "--data-root or CEBM_DATA the folder that holds these");
    }
  }
}

}  // namespace

Dataset load_mnist_like(const MnistLike& set, const std::vector<std::filesystem::path>& folders,
                        const std::string& split, std::int64_t limit, const std::vector<DataSource>& published) {
  require_split(set.name, split, {"train", "test"});
  const std::string& prefix = split == "train" ? set.train_prefix : set.test_prefix;
  const std::vector<std::string> label_names = file_names(prefix, "labels", kLabelRank);
  const auto files = find_set_files({.set = set.name,
                                     .names = {file_names(prefix, "images", kImageRank), label_names},
                                     .subfolders = set.subfolders,
                                     .how_to_get = set.how_to_get},
                                    folders);
  torch::Tensor images = read_idx(files[0], kImageRank);
  torch::Tensor labels = read_idx(files[1], kLabelRank);
  if (images.size(1) != kMnistImage.height || images.size(2) != kMnistImage.width) {
    throw DataError(files[0].string() + ": at byte 8: expected images of 28 x 28 pixels, found " +
                    std::to_string(images.size(1)) + " x " + std::to_string(images.size(2)));
  }
  if (images.size(0) != labels.size(0)) {
    throw DataError(files[1].string() + ": at byte 4: expected " + std::to_string(images.size(0)) +
                    " labels, one for each image of " + files[0].string() + ", found " +
                    std::to_string(labels.size(0)));
  }
  labels = classes_of(labels, set, files[1]);
  refuse_another_set(set, files[1], label_names, published);
  const std::int64_t count = limited(images.size(0), limit);
  if (count < images.size(0)) {  // cloned so that the rest is freed
    images = images.narrow(0, 0, count).clone();
    labels = labels.narrow(0, 0, count).clone();
  }
  if (set.transposed) images = images.transpose(1, 2).contiguous();
  return {.name = set.name,
          .split = split,
          .images = images.unsqueeze(1),
          .labels = labels,
          .classes = set.classes,
          .files = files};
}

}  // namespace cebm

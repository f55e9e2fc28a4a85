#include "data/mnist_like.h"

#include <cebm/errors.h>

#include <limits>
#include <optional>

namespace cebm {

namespace {

constexpr std::int64_t kSide = 28;
constexpr int kImageRank = 3;
constexpr int kLabelRank = 1;

struct MnistLikeOptions final : Options {
  std::int64_t limit = 0;
  void fields(Fields& visit) override {
    visit.integer("limit", limit, {0, std::numeric_limits<std::int64_t>::max()},
                  "use at most this many images, the first of the split; 0 uses all");
  }
};

/// "train-images-idx3-ubyte": the name without its dotted and compressed variants.
std::string file_name(const std::string& split, const std::string& content, int rank) {
  return (split == "train" ? "train-" : "t10k-") + content + "-idx" + std::to_string(rank) + "-ubyte";
}

std::optional<std::filesystem::path> find_variant(const std::filesystem::path& folder, const std::string& name) {
  std::string dotted = name;
  dotted[dotted.rfind("-idx")] = '.';
  for (const auto& variant : {name, name + ".gz", dotted, dotted + ".gz"}) {
    std::error_code error;
    if (std::filesystem::exists(folder / variant, error)) return folder / variant;
  }
  return std::nullopt;
}

struct Files {
  std::filesystem::path images;
  std::filesystem::path labels;
};

Files find_files(const MnistLike& set, const std::vector<std::filesystem::path>& folders, const std::string& split) {
  const std::string images_name = file_name(split, "images", kImageRank);
  const std::string labels_name = file_name(split, "labels", kLabelRank);
  std::string searched;
  for (const auto& folder : folders) {
    const auto images = find_variant(folder, images_name);
    const auto labels = find_variant(folder, labels_name);
    if (images && labels) return {*images, *labels};
    searched += "\n  " + folder.string();
    if (images || labels) searched += " (without " + (images ? labels_name : images_name) + ")";
  }
  throw DataError("data set " + set.name + ": expected " + images_name + " and " + labels_name +
                  ", plain or .gz, in one of these folders, found in none:" + searched + "\n" + set.how_to_get);
}

void check_labels(const torch::Tensor& labels, std::int64_t classes, const std::filesystem::path& file) {
  const auto* const values = labels.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (values[i] >= classes) {
      const std::int64_t offset = 4 + 4 * kLabelRank + i;
      throw DataError(file.string() + ": at byte " + std::to_string(offset) + ": expected a label of 0 .. " +
                      std::to_string(classes - 1) + ", found " + std::to_string(values[i]));
    }
  }
}

DatasetEntry entry_of(const MnistLike& set) {
  return make_entry<MnistLikeOptions, DatasetEntry>(
      set.name, set.summary, "limit: 100", [set](const MnistLikeOptions& options, const DataContext& context) {
        return std::make_shared<Dataset>(
            load_mnist_like(set, data_folders(set.name, context), context.split, options.limit));
      });
}

}  // namespace

Dataset load_mnist_like(const MnistLike& set, const std::vector<std::filesystem::path>& folders,
                        const std::string& split, std::int64_t limit) {
  if (split != "train" && split != "test") {
    throw ConfigError("data set " + set.name + ": expected the split train or test, found '" + split + "'");
  }
  const Files files = find_files(set, folders, split);
  torch::Tensor images = read_idx(files.images, kImageRank);
  torch::Tensor labels = read_idx(files.labels, kLabelRank);
  if (images.size(1) != kSide || images.size(2) != kSide) {
    throw DataError(files.images.string() + ": at byte 8: expected images of 28 x 28 pixels, found " +
                    std::to_string(images.size(1)) + " x " + std::to_string(images.size(2)));
  }
  if (images.size(0) != labels.size(0)) {
    throw DataError(files.labels.string() + ": at byte 4: expected " + std::to_string(images.size(0)) +
                    " labels, one for each image of " + files.images.string() + ", found " +
                    std::to_string(labels.size(0)));
  }
  check_labels(labels, static_cast<std::int64_t>(set.classes.size()), files.labels);
  if (limit > 0 && limit < images.size(0)) {  // cloned so that the rest is freed
    images = images.narrow(0, 0, limit).clone();
    labels = labels.narrow(0, 0, limit);
  }
  return {.name = set.name,
          .split = split,
          .images = images.unsqueeze(1),
          .labels = labels.to(at::kLong),
          .classes = set.classes,
          .files = {files.images, files.labels}};
}

DatasetEntry mnist() {
  return entry_of({.name = "mnist",
                   .summary = "handwritten digits, 60,000 + 10,000 grey images of 28 x 28 (LeCun et al. 1998)",
                   .classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                   .how_to_get = "Put the set's four IDX files into data/mnist, or name their folder with --data-root "
                                 "or CEBM_DATA; data/README.md says where they come from."});
}

DatasetEntry fashion_mnist() {
  return entry_of({.name = "fashion_mnist",
                   .summary = "clothes, 60,000 + 10,000 grey images of 28 x 28 (Xiao et al. 2017)",
                   .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                               "Bag", "Ankle boot"},
                   .how_to_get = "On Debian and Ubuntu: apt install dataset-fashion-mnist (it puts the files under "
                                 "/usr/share/datasets/fashion-mnist). Elsewhere put the set's four IDX files into "
                                 "data/fashion_mnist, or name their folder with --data-root or CEBM_DATA."});
}

}  // namespace cebm

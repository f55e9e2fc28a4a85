/// Labelled image sets held in memory as bytes.
#pragma once

#include <cebm/batch.h>
#include <cebm/image.h>
#include <cebm/random.h>
#include <cebm/registry.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// One split of a data set, in memory.
struct Dataset {
  std::string name;
  std::string split;
  torch::Tensor images;  ///< [N, C, H, W] uint8 in any memory format; batches are cut fastest from channels-last
  torch::Tensor labels;  ///< [N] int64, -1 where there is none
  std::vector<std::string> classes;  ///< names by label, UTF-8; the same for all splits, even without images of one
  std::vector<std::filesystem::path> files;  ///< files, or one folder of pictures, that were read; empty if synthetic
  std::vector<std::string> warnings = {};    ///< what a user should know about how it was read

  std::int64_t size() const { return images.size(0); }
  ImageShape image_shape() const { return {images.size(1), images.size(2), images.size(3)}; }
};

struct DataContext {
  std::filesystem::path root = {};  ///< folder that holds the data sets; empty: $CEBM_DATA
  std::string split = "train";
  std::uint64_t seed = 1;
  std::optional<ImageShape> image = {};  ///< that the model expects, for sets available in any size
  /// Receives the number of images read so far and their total, from slow readers, on the thread that builds the set.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
  /// Returns a split of the data set that a run was trained on, for sets derived from its images; empty if there is
  /// none.
  std::function<std::shared_ptr<Dataset>(const std::string& split)> own = {};
};

/// A row that may also tell the images' shape before anything is read.
struct DatasetEntry : Entry<Dataset, DataContext> {
  /// Empty if the shape is known only after reading. Throws ConfigError for options that no data can satisfy.
  std::function<ImageShape(const Options&, const DataContext&)> image_shape;
};

/// The row with `shape` as its images' fixed shape.
DatasetEntry with_image_shape(DatasetEntry row, ImageShape shape);

/// The row with an image shape that `shape_of` computes from its options, of type T, and the context.
template <class T, class ShapeOf>
DatasetEntry with_image_shape(DatasetEntry row, ShapeOf shape_of) {
  row.image_shape = [shape_of](const Options& options, const DataContext& context) {
    return shape_of(dynamic_cast<const T&>(options), context);
  };
  return row;
}

/// The image shape that the chosen row announces; nothing if it is known only after reading. Throws as the row does.
std::optional<ImageShape> image_shape_of(const Choice<DatasetEntry>& data, const DataContext& context);

/// Builds the chosen set. Throws what its row throws, and DataError if images or labels are not those of a Dataset (no
/// images, wrong types or shapes, labels that are no class) or the images have another shape than the row announced.
std::shared_ptr<Dataset> read_dataset(const Choice<DatasetEntry>& data, const DataContext& context);

/// $CEBM_DATA with ~ expanded; empty where it is not set.
std::filesystem::path data_root_of_environment();
/// The root that the context names, else $CEBM_DATA. Throws ConfigError if that is set and no folder.
std::filesystem::path data_root(const DataContext& context);
/// Folders searched for the set `name`, in order: root/name and root, with root = data_root(context); data/name under
/// the working directory; data/name beside the sources; and the folder below /usr/share/datasets that Debian packages
/// use.
std::vector<std::filesystem::path> data_folders(const std::string& name, const DataContext& context);

/// Reads one IDX file (LeCun's format: magic 0x00 0x00 type rank, big-endian sizes), plain or gz, of unsigned bytes.
/// Returns a uint8 tensor. Throws DataError naming file, offset, expected and found: wrong magic, rank other than
/// `rank`, sizes that overflow or do not match the bytes that follow (too few or too many), broken gz.
torch::Tensor read_idx(const std::filesystem::path& file, int rank);

/// The images of batch number `step`: the set is reshuffled every epoch, and batches continue across the end of an
/// epoch, so no image is left out. A pure function of its arguments, apart from a cache of the current epoch's order.
class BatchOrder {
 public:
  BatchOrder(std::int64_t dataset_size, std::int64_t batch_size, std::uint64_t seed);
  /// [batch_size] int64 on the CPU.
  torch::Tensor indices(std::uint64_t step);
  /// Batch::ids: the indices, plus n dataset_size where the batch has the image for the (n + 1)-th time.
  torch::Tensor ids(std::uint64_t step);

 private:
  const std::vector<std::int64_t>& epoch_order(std::uint64_t epoch);

  std::int64_t dataset_size_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  std::uint64_t cached_epoch_ = ~std::uint64_t{0};
  std::vector<std::int64_t> cached_order_;
};

/// uint8 images to float32, channels-last: x = 2 p / 255 - 1 or p / 255.
torch::Tensor to_float(const torch::Tensor& bytes, PixelRange range = PixelRange::symmetric);

/// The set with its images resized to another shape: stretched with antialiasing, colour to grey by luminance
/// (0.299 R + 0.587 G + 0.114 B), grey to colour by repetition. Throws std::invalid_argument for other channels.
Dataset resized(const Dataset& data, ImageShape shape);

/// Converts images from `range` to [-1, 1], the range of pictures and files.
torch::Tensor to_symmetric(const torch::Tensor& images, PixelRange range);

/// The set with the labels of at most `per_class` images of each class, the first of a permutation keyed by (seed,
/// class); all other labels become -1.
Dataset with_few_labels(const Dataset& data, std::int64_t per_class, std::uint64_t seed);

/// The images of a set on the model's device; batches are sliced there by index.
class BatchSource {
 public:
  BatchSource(std::shared_ptr<const Dataset> dataset, PixelRange range, double noise_std, std::int64_t batch_size,
              std::uint64_t seed, torch::Device device);
  /// Batch number `step`: float images, without and with Gaussian noise of std noise_std (paper, Appendix D), and their
  /// labels.
  Batch batch(std::uint64_t step);
  const Dataset& dataset() const { return *dataset_; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  torch::Tensor images_;  ///< uint8 on the device
  torch::Tensor labels_;  ///< on the device
  PixelRange range_;
  double noise_std_;
  std::uint64_t seed_;
  BatchOrder order_;
};

Registry<DatasetEntry> built_in_datasets();
template <>
const Registry<DatasetEntry>& registry_of(const Catalog& catalog);

}  // namespace cebm

#include <c10/util/StringUtil.h>
#include <cebm/dataset.h>
#include <cebm/errors.h>

namespace cebm {

namespace {

std::string found_tensor(const torch::Tensor& tensor) {
  return tensor.defined() ? c10::str(tensor.scalar_type(), " ", tensor.sizes()) : "no tensor";
}

/// Throws DataError unless the set is what all readers of one expect: a row may be a user's own.
void require_whole_set(const std::shared_ptr<Dataset>& set, const std::string& where) {
  if (!set) throw DataError(where + "expected a set, found none");
  const torch::Tensor& images = set->images;
  if (!images.defined() || images.scalar_type() != torch::kByte || images.dim() != 4 || images.numel() == 0) {
    throw DataError(where + "expected images uint8 [N, C, H, W] with no size of 0, found " + found_tensor(images));
  }
  const torch::Tensor& labels = set->labels;
  const std::int64_t count = images.size(0);
  if (!labels.defined() || labels.scalar_type() != torch::kLong || labels.dim() != 1 || labels.size(0) != count) {
    throw DataError(where + "expected labels int64 [" + std::to_string(count) + "], one for each image, found " +
                    found_tensor(labels));
  }
  const std::int64_t lowest = labels.min().item<std::int64_t>();
  const std::int64_t highest = labels.max().item<std::int64_t>();
  if (set->classes.empty()) {
    if (lowest >= -1) return;
    throw DataError(where + "expected labels of -1 (none) or above, found " + std::to_string(lowest));
  }
  const std::int64_t classes = std::ssize(set->classes);
  if (lowest < -1 || highest >= classes) {
    throw DataError(where + "expected labels in -1 (none) .. " + std::to_string(classes - 1) + " for " +
                    std::to_string(classes) + " classes, found " + std::to_string(lowest < -1 ? lowest : highest));
  }
}

}  // namespace

DatasetEntry with_image_shape(DatasetEntry row, ImageShape shape) {
  row.image_shape = [shape](const Options&, const DataContext&) { return shape; };
  return row;
}

std::optional<ImageShape> image_shape_of(const Choice<DatasetEntry>& data, const DataContext& context) {
  const auto& shape_of = data.row().image_shape;
  if (!shape_of) return std::nullopt;
  return shape_of(data.options(), context);
}

std::shared_ptr<Dataset> read_dataset(const Choice<DatasetEntry>& data, const DataContext& context) {
  const std::optional<ImageShape> said = image_shape_of(data, context);
  auto set = data.build(context);
  require_whole_set(set, "data set " + data.name() + ", split " + context.split + ": ");
  if (said && set->image_shape() != *said) {
    throw DataError("data set " + data.name() + ": expected images of " + said->describe() +
                    " (channels x height x width), as its options say, found " + set->image_shape().describe());
  }
  return set;
}

}  // namespace cebm

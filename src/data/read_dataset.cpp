#include <cebm/dataset.h>
#include <cebm/errors.h>

namespace cebm {

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
  if (said && set->image_shape() != *said) {
    throw DataError("data set " + data.name() + ": expected images of " + said->describe() +
                    " (channels x height x width), as its options say, found " + set->image_shape().describe());
  }
  return set;
}

}  // namespace cebm

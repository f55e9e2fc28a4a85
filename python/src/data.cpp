#include <cebm/dataset.h>
#include <cebm/errors.h>

#include "base/option_text.h"
#include "config.h"
#include "module.h"

namespace cebm::python {

const std::filesystem::path& require_data_root(const std::filesystem::path& root) {
  if (root.empty() || std::filesystem::is_directory(root)) return root;
  throw ConfigError("data root: no such folder: " + root.string());
}

DataContext data_context(const Config& config, const std::filesystem::path& root, const std::string& split) {
  return {.root = require_data_root(root),
          .split = split,
          .seed = static_cast<std::uint64_t>(config.run().train.seed),
          .progress = [](std::uint64_t, std::uint64_t) { raise_if_interrupted(); }};
}

namespace {

std::shared_ptr<Dataset> read(const Config& config, const std::string& split, const std::filesystem::path& root) {
  const py::gil_scoped_release others_may_run;
  return read_dataset(config.run().data, data_context(config, root, split));
}

/// Throws ConfigError for a range that no model has.
PixelRange pixel_range_of(const std::pair<double, double>& range) {
  if (range == std::pair(-1.0, 1.0)) return PixelRange::symmetric;
  if (range == std::pair(0.0, 1.0)) return PixelRange::unit;
  throw ConfigError("floats: expected a range of (-1, 1) or (0, 1), found (" + number_text(range.first) + ", " +
                    number_text(range.second) + ")");
}

/// Images first .. first + count - 1, without `count` all from `first` on.
torch::Tensor floats(const Dataset& data, std::int64_t first, std::optional<std::int64_t> count,
                     const std::pair<double, double>& range) {
  if (first < 0 || first > data.size()) {
    throw py::index_error("floats: expected first in 0 .. " + std::to_string(data.size()) + ", found " +
                          std::to_string(first));
  }
  if (count.value_or(0) < 0)
    throw ConfigError("floats: expected a count of 0 or more, found " + std::to_string(*count));
  return to_float(data.images.narrow(0, first, std::min(count.value_or(data.size()), data.size() - first)),
                  pixel_range_of(range));
}

}  // namespace

void bind_data(py::module_& module) {
  py::class_<Dataset, std::shared_ptr<Dataset>>(module, "Dataset", "A whole set of images in memory.")
      .def_readonly("name", &Dataset::name)
      .def_readonly("split", &Dataset::split)
      .def_readonly("images", &Dataset::images, "[N, C, H, W] uint8.")
      .def_readonly("labels", &Dataset::labels, "[N] int64, -1 where there is none.")
      .def_readonly("classes", &Dataset::classes, "Names of the classes, by label.")
      .def_readonly("warnings", &Dataset::warnings, "Warnings from reading the set.")
      .def("floats", &floats, py::arg("first") = 0, py::arg("count") = py::none(),
           py::arg("range") = std::pair(-1.0, 1.0),
           "Images first .. first + count - 1, or all that there are from `first` on: [count, C, H, W] float32. "
           "`range`: the lowest and highest value of a pixel, (-1, 1) or (0, 1). Energy-based models see (-1, 1), any "
           "model its `pixel_range`.")
      .def("__len__", &Dataset::size)
      .def("__repr__", [](const Dataset& data) {
        return "<cebm.Dataset " + data.name + " " + data.split + ": " + std::to_string(data.size()) + " images " +
               data.image_shape().describe() + ">";
      });
  module.def("_dataset", &read, py::arg("config"), py::arg("split"), py::arg("root"));
}

}  // namespace cebm::python

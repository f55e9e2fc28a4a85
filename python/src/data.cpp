#include <cebm/dataset.h>

#include "config.h"
#include "module.h"

namespace cebm::python {

namespace {

std::shared_ptr<Dataset> read(const Config& config, const std::string& split, const std::filesystem::path& root) {
  const py::gil_scoped_release others_may_run;
  const RunConfig& run = config.run();
  return read_dataset(run.data,
                      DataContext{.root = root, .split = split, .seed = static_cast<std::uint64_t>(run.train.seed)});
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
      .def(
          "floats",
          [](const Dataset& data, std::int64_t first, std::optional<std::int64_t> count) {
            if (first < 0 || first > data.size()) throw py::index_error("first: " + std::to_string(first));
            const std::int64_t rows = std::min(count.value_or(data.size()), data.size() - first);
            return to_float(data.images.narrow(0, first, rows));
          },
          py::arg("first") = 0, py::arg("count") = py::none(),
          "Images first .. first + count - 1 as energy-based models see them: [count, C, H, W] float32 in [-1, 1].")
      .def("__len__", &Dataset::size)
      .def("__repr__", [](const Dataset& data) {
        return "<cebm.Dataset " + data.name + " " + data.split + ": " + std::to_string(data.size()) + " images " +
               data.image_shape().describe() + ">";
      });
  module.def("_dataset", &read, py::arg("config"), py::arg("split"), py::arg("root"));
}

}  // namespace cebm::python

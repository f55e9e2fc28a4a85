#include "module.h"

#include <cebm/machine.h>
#include <torch/version.h>

namespace cebm::python {

const Catalog& catalog() {
  static const Catalog built_in;
  return built_in;
}

void raise_if_interrupted() {
  const py::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

void warn(const std::string& note, WarnedCode where) {
  const py::gil_scoped_acquire locked;
  if (PyErr_WarnEx(PyExc_UserWarning, note.c_str(), static_cast<int>(where)) != 0) throw py::error_already_set();
}

namespace {

PYBIND11_MODULE(_cebm, module) {
  module.doc() = "Conjugate energy-based models: the C++ library behind the package cebm.";
  module.attr("torch_version") = TORCH_VERSION;
  module.attr("version") = version();
  bind_errors(module);
  bind_config(module);
  bind_data(module);
  bind_model(module);
  bind_training(module);
}

}  // namespace

}  // namespace cebm::python

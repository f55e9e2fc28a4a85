// Drawing from a run in Python: Run._sample and Run._restore, which the package wraps.
#pragma once

#include "model.h"

namespace cebm::python {

std::string describe(const torch::Tensor& x);  ///< "Float [2, 1, 28, 28] on cpu"

void bind_drawing(py::module_& module, py::class_<PyRun, PyModel>& run);

}  // namespace cebm::python

// The parts of the Python module cebm._cebm.
#pragma once

#include <cebm/catalog.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <torch/csrc/utils/pybind.h>

namespace cebm::python {

namespace py = pybind11;

/// The components available in Python: all that come with the library.
const Catalog& catalog();

/// Runs the handlers of signals that have arrived and raises what they raise: KeyboardInterrupt for Ctrl-C. For long
/// calls, from time to time and without the GIL; on other threads than the main one it does nothing.
void raise_if_interrupted();

/// The code that a warning names as its place, by Python's stack level.
enum class WarnedCode : int {
  caller = 1,             ///< of a bound function
  caller_of_package = 2,  ///< of a function of the package that calls a bound one
};

/// Gives `note` as a UserWarning, and raises where warnings are errors. With or without the GIL.
void warn(const std::string& note, WarnedCode where);

void bind_errors(py::module_& module);
void bind_config(py::module_& module);
void bind_data(py::module_& module);
void bind_model(py::module_& module);
void bind_training(py::module_& module);

}  // namespace cebm::python

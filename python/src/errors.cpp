#include <cebm/errors.h>

#include <filesystem>

#include "module.h"

namespace cebm::python {

void bind_errors(py::module_& module) {
  const auto derive = [&](const char* name, const py::tuple& bases, const char* doc) {
    const std::string full = std::string("cebm.") + name;
    auto type = py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), nullptr));
    if (!type) throw py::error_already_set();
    module.attr(name) = type;
    return type;
  };
  const py::object base = derive("Error", py::make_tuple(py::handle(PyExc_RuntimeError)),
                                 "Base of every error of the library. Its message says what was expected and found.");
  const auto and_python = [&](PyObject* also) { return py::make_tuple(base, py::handle(also)); };
  derive("ConfigError", and_python(PyExc_ValueError), "A configuration or name that cannot be used.");
  derive("DataError", py::make_tuple(base), "Data that are missing, damaged or of the wrong kind.");
  derive("CheckpointError", py::make_tuple(base), "A run or checkpoint that is missing, damaged or of another kind.");
  derive("IoError", and_python(PyExc_OSError), "A file or folder that cannot be read or written.");
  derive("NumericsError", and_python(PyExc_ArithmeticError), "Numbers that are not finite: the training diverged.");
  py::register_exception_translator([](std::exception_ptr thrown) {
    const auto raise = [](const char* name, const std::exception& error) {
      py::set_error(py::module_::import("cebm._cebm").attr(name), error.what());
    };
    try {
      std::rethrow_exception(thrown);
    } catch (const ConfigError& error) {
      raise("ConfigError", error);
    } catch (const DataError& error) {
      raise("DataError", error);
    } catch (const CheckpointError& error) {
      raise("CheckpointError", error);
    } catch (const IoError& error) {
      raise("IoError", error);
    } catch (const NumericsError& error) {
      raise("NumericsError", error);
    } catch (const Error& error) {
      raise("Error", error);
    } catch (const std::filesystem::filesystem_error& error) {
      raise("IoError", error);
    }
  });
}

}  // namespace cebm::python

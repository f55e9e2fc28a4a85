# CEBM_PYTHON=ON: the Python module of python/, for the interpreter that CMake finds (Python_EXECUTABLE names another)
# and the LibTorch of that interpreter's torch.
if(CEBM_PYTHON)
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
  if(NOT LIBTORCH_PREFIX)
    execute_process(
      COMMAND ${Python_EXECUTABLE} -c "import importlib.util as u; print(list(u.find_spec('torch').submodule_search_locations)[0])"
      OUTPUT_VARIABLE LIBTORCH_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE _status)
    if(NOT _status EQUAL 0)
      message(FATAL_ERROR "CEBM_PYTHON=ON: ${Python_EXECUTABLE} has no torch: python -m pip install torch==2.15.0")
    endif()
  endif()
endif()

# Finds LibTorch in a pip wheel or in an unpacked archive, without TorchConfig.cmake: that file fails if the wheel was
# built with CUDA and no toolkit is installed, though the CPU part works.
#
# Searched: LIBTORCH_PREFIX, Torch_DIR and CMAKE_PREFIX_PATH (variable and environment), then what scripts/setup.sh
# installed.
# Defines: LibTorch::CPU, LibTorch::CUDA (where present), LibTorch::OpenMP, LibTorch_CUDA_FOUND, LibTorch_CUDA_MAJOR
# (where its CUDA libraries name it), LibTorch_PREFIX, LibTorch_VERSION.
set(_candidates ${LIBTORCH_PREFIX})
file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" _environment)
foreach(_prefix ${Torch_DIR} ${CMAKE_PREFIX_PATH} $ENV{LIBTORCH_PREFIX} ${_environment})
  foreach(_up "" /../.. /../../..)
    list(APPEND _candidates ${_prefix}${_up})
  endforeach()
endforeach()
list(APPEND _candidates ${PROJECT_SOURCE_DIR}/build/libtorch)
find_path(LibTorch_INCLUDE torch/csrc/api/include/torch/version.h
          HINTS ${_candidates} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(LibTorch_INCLUDE torch/csrc/api/include/torch/version.h)

if(LibTorch_INCLUDE)
  get_filename_component(LibTorch_PREFIX ${LibTorch_INCLUDE} DIRECTORY)
  file(GLOB _headers ${LibTorch_INCLUDE}/torch/headeronly/version.h
       ${LibTorch_INCLUDE}/torch/csrc/api/include/torch/version.h)
  foreach(_header ${_headers})
    file(STRINGS ${_header} _lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
    foreach(_line ${_lines})
      string(REGEX MATCH "TORCH_VERSION_([A-Z]+) +([0-9]+)" _ ${_line})
      set(_version_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endforeach()
  endforeach()
  set(LibTorch_VERSION ${_version_MAJOR}.${_version_MINOR}.${_version_PATCH})
  foreach(_name torch_cpu c10 torch_cuda c10_cuda)
    find_library(LibTorch_${_name} ${_name} HINTS ${LibTorch_PREFIX}/lib NO_DEFAULT_PATH)
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch REQUIRED_VARS LibTorch_torch_cpu LibTorch_c10 LibTorch_INCLUDE VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "run scripts/setup.sh, or set CMAKE_PREFIX_PATH to an unpacked LibTorch or to torch.utils.cmake_prefix_path of a Python environment with torch")

if(LibTorch_FOUND AND NOT TARGET LibTorch::CPU)
  add_library(LibTorch::CPU INTERFACE IMPORTED)
  target_include_directories(LibTorch::CPU SYSTEM INTERFACE
    ${LibTorch_INCLUDE} ${LibTorch_INCLUDE}/torch/csrc/api/include)
  target_link_libraries(LibTorch::CPU INTERFACE ${LibTorch_torch_cpu} ${LibTorch_c10})
  # The wheel's own dependencies are found at run time beside it; ld must not look for them at link time.
  target_link_options(LibTorch::CPU INTERFACE
    LINKER:--allow-shlib-undefined LINKER:-rpath,${LibTorch_PREFIX}/lib)
  # LibTorch brings a libgomp of its own; linking that one keeps a second out of the process.
  add_library(LibTorch::OpenMP INTERFACE IMPORTED)
  file(GLOB _gomp ${LibTorch_PREFIX}/lib/libgomp*.so*)
  if(_gomp)
    list(GET _gomp 0 _gomp)
    set_target_properties(LibTorch::OpenMP PROPERTIES
      INTERFACE_COMPILE_OPTIONS $<$<COMPILE_LANGUAGE:CXX>:-fopenmp> INTERFACE_LINK_LIBRARIES ${_gomp})
  else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(LibTorch::OpenMP INTERFACE OpenMP::OpenMP_CXX)
  endif()
  set(LibTorch_CUDA_FOUND OFF)
  if(LibTorch_torch_cuda AND LibTorch_c10_cuda)
    set(LibTorch_CUDA_FOUND ON)
    file(STRINGS ${LibTorch_c10_cuda} _runtimes REGEX "libcudart[^/]*\\.so\\.[0-9]+")
    string(REGEX MATCH "libcudart[^/;]*\\.so\\.([0-9]+)" _ "${_runtimes}")
    set(LibTorch_CUDA_MAJOR ${CMAKE_MATCH_1})
    add_library(LibTorch::CUDA INTERFACE IMPORTED)
    # --no-as-needed: nothing refers to torch_cuda by symbol, it registers itself when it is loaded.
    target_link_options(LibTorch::CUDA INTERFACE LINKER:--no-as-needed)
    # Only one CUDA runtime in the process: the one that LibTorch loads. A self-built LibTorch loads the toolkit's.
    file(GLOB _cudart ${LibTorch_PREFIX}/lib/libcudart*.so* ${LibTorch_PREFIX}/../nvidia/*/lib/libcudart.so*)
    list(APPEND _cudart CUDA::cudart)
    list(GET _cudart 0 _cudart)
    target_link_libraries(LibTorch::CUDA INTERFACE
      LibTorch::CPU ${LibTorch_torch_cuda} ${LibTorch_c10_cuda} ${_cudart})
  endif()
endif()
mark_as_advanced(LibTorch_INCLUDE LibTorch_torch_cpu LibTorch_c10 LibTorch_torch_cuda LibTorch_c10_cuda)

# Build type, output folders, compiler cache, and whether the CUDA back end is compiled.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The library may become part of a shared one, such as the Python module. Calls within it stay direct. Programs get the
# library's flags, not -fPIE, because they share its precompiled header.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_COMPILE_OPTIONS_PIE ${CMAKE_CXX_COMPILE_OPTIONS_PIC})
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-semantic-interposition>)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(CEBM_CCACHE ccache)
if(CEBM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # sloppiness: without it ccache declines every file that uses the precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CEBM_CCACHE})
endif()

include(CheckLanguage)
set(CEBM_WITH_CUDA OFF)
if(NOT CEBM_CUDA STREQUAL "OFF")
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(CEBM_WITH_CUDA ON)
  elseif(CEBM_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CEBM_CUDA=ON, but no CUDA compiler was found (set CUDACXX or CMAKE_CUDA_COMPILER)")
  else()
    message(STATUS "cebm: no CUDA toolkit, building for the CPU only")
  endif()
endif()

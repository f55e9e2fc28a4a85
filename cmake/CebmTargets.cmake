# cebm_options: warnings and sanitizers for our own code. cebm_test(): one GoogleTest program.
add_library(cebm_options INTERFACE)
target_compile_options(cebm_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual;-Wconversion;-Wno-sign-conversion>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False positives of GCC 12 on strings and paths (GCC bug 105329).
  target_compile_options(cebm_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow>)
endif()
if(CEBM_WERROR)
  target_compile_options(cebm_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(CEBM_SANITIZE)
  target_compile_options(cebm_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${CEBM_SANITIZE};-fno-sanitize-recover=all;-fno-omit-frame-pointer>)
  target_link_options(cebm_options INTERFACE -fsanitize=${CEBM_SANITIZE})
endif()
if(CEBM_FUZZ)
  include(CebmCoverage)
endif()

# cebm_test(NAME sources... [LABELS labels...]): links cebm and GoogleTest and registers every TEST with CTest.
function(cebm_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LABELS")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE cebm cebm_options GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_precompile_headers(${name} REUSE_FROM cebm)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  if(CEBM_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False positives in <regex> (GCC bug 105562).
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
  endif()
  if("gpu" IN_LIST arg_LABELS)
    add_dependencies(gpu_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
endfunction()

# cebm_options: warnings and sanitizers for our own code. cebm_test(): a program of tests.
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
  # What CI builds compiles in three quarters of the time without these: the address sanitizer and the processor notice
  # nearly every wrong pointer that they would. The asan preset has them.
  target_compile_options(cebm_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=null,vptr,alignment,object-size,nonnull-attribute,returns-nonnull-attribute>)
endif()

# Options for test code, whose speed does not matter.
add_library(cebm_test_options INTERFACE)
target_compile_options(cebm_test_options INTERFACE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O1>)
if(CEBM_FUZZ)
  # What CI builds: test code is watched for wrong addresses only, without line numbers, and compiles in two thirds of
  # the time. The asan preset has both.
  target_compile_options(cebm_test_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=undefined;-g0>)
endif()
if(CEBM_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives in <regex> (GCC bug 105562).
  target_compile_options(cebm_test_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()

# cebm_test(NAME sources... [SHARDS n] [LABELS labels...]): a GoogleTest program, linked with cebm. CTest runs all of its
# tests in n processes, one by default. Only those with the label gpu see a GPU.
function(cebm_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHARDS" "LABELS")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE cebm_test_catalog cebm cebm_options cebm_test_options cebm_test_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_precompile_headers(${name} REUSE_FROM cebm)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  set(environment CUDA_VISIBLE_DEVICES=-1)
  if("gpu" IN_LIST arg_LABELS)
    add_dependencies(gpu_tests ${name})
    set(environment)
  endif()
  if(NOT arg_SHARDS)
    set(arg_SHARDS 1)
  endif()
  foreach(shard RANGE 1 ${arg_SHARDS})
    math(EXPR index "${shard} - 1")
    set(test ${name}_${shard})
    if(arg_SHARDS EQUAL 1)
      set(test ${name})
    endif()
    add_test(NAME ${test} COMMAND ${name})
    set_tests_properties(${test} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900 ENVIRONMENT
      "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index};${environment}"
      COST ${arg_SHARDS})  # what takes long starts first
  endforeach()
endfunction()

# The library's coverage for libFuzzer, of a kind that g++ has as well as clang: calls at every basic block and comparison.
# libFuzzer no longer supports g++'s kind of block coverage, so those calls go to our own counters
# (tests/fuzz/coverage.cpp).
add_library(cebm_coverage STATIC ${PROJECT_SOURCE_DIR}/tests/fuzz/coverage.cpp)
target_compile_features(cebm_coverage PRIVATE cxx_std_20)
target_compile_options(cebm PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize-coverage=trace-pc$<COMMA>trace-cmp>)
target_link_options(cebm INTERFACE LINKER:--wrap=__sanitizer_cov_trace_pc)
target_link_libraries(cebm PUBLIC $<BUILD_INTERFACE:cebm_coverage>)

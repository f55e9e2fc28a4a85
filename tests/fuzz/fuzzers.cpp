#include "fuzz/fuzzers.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace cebm::fuzz {

Fuzzer& find_fuzzer(std::string_view name) {
#define CEBM_FUZZER(fuzzer) \
  if (name == #fuzzer) return fuzzer;
#include "fuzz/fuzzers.inc"
#undef CEBM_FUZZER
  std::fprintf(stderr, "expected a fuzzer's name, found '%s'\n", std::string(name).c_str());
  std::exit(2);
}

}  // namespace cebm::fuzz

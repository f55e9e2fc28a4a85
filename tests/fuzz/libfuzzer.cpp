// The program of libFuzzer, fuzz_<name>: its name says which fuzzer it runs.
#include <filesystem>
#include <string>

#include "fuzz/fuzzers.h"

namespace {

cebm::fuzz::Fuzzer* chosen = nullptr;  // libFuzzer calls a function that it knows by name and nothing else

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** argv) {
  const std::string program = std::filesystem::path((*argv)[0]).filename().string();
  chosen = &cebm::fuzz::find_fuzzer(program.substr(program.find('_') + 1));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen(data, size);
  return 0;
}

// replay NAME FOLDER: gives every file of a folder to a fuzzer once, the corpus as a test in builds without libFuzzer.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/fuzzers.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "expected a fuzzer's name and a folder\n");
    return 2;
  }
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    cebm::fuzz::find_fuzzer(argv[1])(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}

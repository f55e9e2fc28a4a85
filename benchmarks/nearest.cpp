// Time and memory of the exact nearest-neighbour search: bench-nearest [GALLERY QUERIES DIMENSIONS K]
#include <cebm/nearest.h>
#include <cebm/random.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

namespace {

struct Sizes {
  std::int64_t gallery = 60000;
  std::int64_t queries = 10000;
  std::int64_t dimensions = 128;
  std::int64_t k = 1;
};

void measure(const Sizes& sizes) {
  const torch::Tensor gallery = cebm::normal({sizes.gallery, sizes.dimensions}, {.seed = 1});
  const torch::Tensor queries = cebm::normal({sizes.queries, sizes.dimensions}, {.seed = 2});
  const auto start = std::chrono::steady_clock::now();
  cebm::nearest_neighbors(gallery, queries, sizes.k);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%s nearest of %s queries among %s points of %s dimensions: %.1f s, peak memory %ld MiB\n",
              std::to_string(sizes.k).c_str(), std::to_string(sizes.queries).c_str(),
              std::to_string(sizes.gallery).c_str(), std::to_string(sizes.dimensions).c_str(), time.count(),
              usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 1) {
      measure({});
    } else if (argc == 5) {
      measure({std::stoll(argv[1]), std::stoll(argv[2]), std::stoll(argv[3]), std::stoll(argv[4])});
    } else {
      std::fputs("usage: bench-nearest [GALLERY QUERIES DIMENSIONS K]\n", stderr);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

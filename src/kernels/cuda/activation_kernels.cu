// A thread takes quads of channels. A block spans all channels of several positions, or up to 256 quads of one, so that
// no index needs a division.
#include <algorithm>

#include "kernels/activation_body.h"
#include "kernels/cuda/launch.h"

namespace cebm::kernels::cuda {

namespace {

constexpr unsigned block_threads = 256;
constexpr std::int64_t max_blocks = 4096;

template <class Body>
__global__ void __launch_bounds__(block_threads) activation_kernel(Body body, std::int64_t positions, unsigned quads) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.y;
  for (std::int64_t position = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y; position < positions;
       position += stride) {
    for (unsigned quad = threadIdx.x; quad < quads; quad += blockDim.x) body(position, quad);
  }
}

struct Launcher {
  void* stream;

  template <class Body>
  void operator()(const Body& body, Rows positions) const {
    if (positions.count == 0 || positions.length == 0) return;
    const auto quads = static_cast<unsigned>((positions.length + 3) / 4);
    const unsigned across = std::min(quads, block_threads);
    const dim3 block(across, block_threads / across);
    const auto blocks = static_cast<unsigned>(std::min((positions.count + block.y - 1) / block.y, max_blocks));
    launch(activation_kernel<Body>, blocks, block, stream, body, positions.count, quads);
  }
};

}  // namespace

void activate(const ActivationPass& pass, void* sums, const float* bias, void* values, void* stream) {
  run_activate(pass, sums, bias, values, Launcher{stream});
}

void pull_back(const ActivationPass& pass, const void* gradient, const void* kept, void* result, void* stream) {
  run_pull_back(pass, gradient, kept, result, Launcher{stream});
}

}  // namespace cebm::kernels::cuda

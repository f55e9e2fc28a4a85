/// Drawing images from a trained energy-based model: where chains start, long chains in bounded memory, traces.
#pragma once

#include <cebm/run.h>
#include <cebm/sampler.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace cebm {

/// Where chains start: "noise" (uniform on [-1, 1]), "buffer" (the run's replay buffer), "data" (the run's training
/// set), or an .npy file of float images [N, C, H, W] in [-1, 1].
struct SampleRequest {
  std::string init = "noise";
  std::int64_t count = 64;
  std::int64_t steps = 500;
  std::uint64_t seed = 1;
  std::int64_t trace_chains = 0;  ///< chains whose way is recorded; 0: none
  std::int64_t trace_points = 10;
  std::int64_t batch_size = 256;  ///< chains advanced together; the result does not depend on it
  std::filesystem::path data_root;
};

struct SampleResult {
  torch::Tensor images;  ///< [count, C, H, W] on the CPU
  torch::Tensor trace;   ///< [trace_chains * trace_points, C, H, W], chain by chain; undefined without a trace
};

/// Called with the number of chain steps done and their total.
using SampleProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Throws ConfigError for count < 1, an unknown init, more chains than the start has images, or a model without an
/// energy; DataError for an unusable file; NumericsError if a chain leaves the finite numbers.
SampleResult draw_samples(const OpenedRun& run, const SampleRequest& request, torch::Device device,
                          const SampleProgress& progress = {});

}  // namespace cebm

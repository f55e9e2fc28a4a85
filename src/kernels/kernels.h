// Launchers of the random and Langevin kernels, one set per back end. Torch-free: raw pointers in, nothing out.
#pragma once

#include <cebm/langevin.h>

#include <cstdint>

namespace cebm::kernels {

/// Names the random numbers of a launch; see cebm/random.h. `chains` [rows] lives where the data lives.
struct Counter {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
  std::uint64_t step = 0;
  const std::int64_t* chains = nullptr;
};

/// The most Langevin steps in one recording: more than a call in training makes, few enough that recording takes
/// milliseconds and the steps' sizes fit into the arguments of one launch.
constexpr int max_series_steps = 100;

/// A LangevinStep without its boundary.
struct StepNumbers {
  float half_step, noise, clip;
};

/// Consecutive Langevin steps in device memory. Recorded launches read their step's seed, number and sizes from it when
/// they are replayed.
struct StepSeries {
  std::uint64_t seed = 0;
  std::uint64_t first_step = 0;
  StepNumbers sizes[max_series_steps] = {};
};

/// Rows of equal length, one chain each, dense.
struct Rows {
  std::int64_t count = 0;
  std::int64_t length = 0;
};

/// Factors [rows] of each row's gradient and noise, on the data's device; null: 1.
struct RowFactors {
  const float* gradient = nullptr;
  const float* noise = nullptr;
};

namespace cpu {
void fill_uniform(float* out, Rows rows, const Counter& counter, float low, float high);
void fill_normal(float* out, Rows rows, const Counter& counter);
void langevin_update(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                     const LangevinStep& update);

/// The Gaussian family (cebm/exponential_family.h) at natural parameters [2, dims]: sum over the dimensions of
/// -lambda_1^2 / (4 lambda_2) - 1/2 log(-2 lambda_2), summed in an order that depends on `dims` only.
float gaussian_log_partition(const float* natural, std::int64_t dims);
/// (mu, mu^2 + sigma^2), [2, dims].
void gaussian_mean_parameters(const float* natural, std::int64_t dims, float* means);
}  // namespace cpu

namespace cuda {
/// True where the CUDA back end was compiled in.
bool compiled();
/// As on the CPU, asynchronous on `stream` (a cudaStream_t). Throw std::runtime_error quoting a failed CUDA call,
/// or saying that the program was built without CUDA.
void fill_uniform(float* out, Rows rows, const Counter& counter, float low, float high, void* stream);
void fill_normal(float* out, Rows rows, const Counter& counter, void* stream);
/// With a `series` in device memory, makes step counter.step of the series with its seed and numbers; only the boundary
/// is taken from `update`.
void langevin_update(float* x, const float* gradient, RowFactors factors, Rows rows, const Counter& counter,
                     const LangevinStep& update, void* stream, const StepSeries* series = nullptr);
/// *series <- value, on the device and without waiting for it.
void set_series(StepSeries* series, const StepSeries& value, void* stream);
/// scale[b] = min(1, bound / |row b|), for the L2 norm.
void norm_clip(const float* values, Rows rows, double bound, float* scale, void* stream);
}  // namespace cuda

}  // namespace cebm::kernels

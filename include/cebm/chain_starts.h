/// Where chains start: noise, training images, or a Gaussian fitted to them.
#pragma once

#include <cebm/image.h>
#include <cebm/options.h>
#include <cebm/state.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace cebm {

///   noise:      U[-1, 1) (paper, Algorithm 1)
///   data:       training images
///   data_noise: training images plus N(0, noise_std^2)
///   gaussian:   x = m + sum_k sqrt(v_k) u_k eps_k, with the mean m of the training images and the largest variances v
///               and directions u of their covariance (JEM++, Yang and Ji 2021, one Gaussian for all classes)
/// What leaves [-1, 1] is put onto its edge.
enum class ChainStart { noise, data, data_noise, gaussian };

struct ChainStartOptions {
  ChainStart from = ChainStart::noise;
  double noise_std = 0.1;        ///< of data_noise
  std::int64_t components = 50;  ///< of gaussian
  /// Shown as start, start_noise_std and start_components.
  void fields(Fields& visit);
};

/// Training images to choose from, by row: float [n, C, H, W] in [-1, 1] on the chains' device.
struct StartImages {
  std::int64_t count = 0;
  std::function<torch::Tensor(const torch::Tensor& rows)> images;  ///< rows: int64 [n] on the CPU
};

/// N(mean, directions^T directions): K directions, each as long as its standard deviation.
struct FittedGaussian {
  torch::Tensor mean;        ///< [D], in the order of an image's memory, channels-last
  torch::Tensor directions;  ///< [K, D]
};

/// Mean and leading principal components of up to 10,000 of the images, chosen by seed; the components by subspace
/// iteration in float64 (Halko et al. 2011). Fewer components if the images have not as many. The bits depend on
/// neither the number of threads nor the device.
FittedGaussian fit_gaussian(const StartImages& images, std::int64_t components, std::uint64_t seed);

/// A function of (seed, step, chain) once it has looked at the images.
class ChainStarts {
 public:
  ChainStarts(const ChainStartOptions& options, ImageShape image, std::uint64_t seed, StartImages images);

  /// Writes starts number `step` of the chains `ids` [n] into the rows [n, H W C], dense float32 on the ids' device.
  /// Throws ConfigError if there are no images to start from.
  void fill(const torch::Tensor& rows, const torch::Tensor& ids, std::uint64_t step);

  void save(State& state) const;
  /// Throws CheckpointError.
  void load(const State& state);

 private:
  torch::Tensor chosen(const torch::Tensor& ids, std::uint64_t step) const;
  const FittedGaussian& gaussian(torch::Device device);

  ChainStartOptions options_;
  ImageShape image_;
  std::uint64_t seed_;
  StartImages images_;
  std::optional<FittedGaussian> gaussian_;
};

}  // namespace cebm

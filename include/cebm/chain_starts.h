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
/// Values outside [-1, 1] are clamped.
enum class ChainStart { noise, data, data_noise, gaussian };

struct ChainStartOptions {
  ChainStart from = ChainStart::noise;
  double noise_std = 0.1;        ///< of data_noise
  std::int64_t components = 50;  ///< of gaussian
  /// Visits the settings start, start_noise_std and start_components.
  void fields(Fields& visit);
};

/// Training images to choose from, by row: float [n, C, H, W] in [-1, 1] on the chains' device.
struct StartImages {
  std::int64_t count = 0;
  std::function<torch::Tensor(const torch::Tensor& rows)> images;  ///< rows: int64 [n] on the CPU
};

/// N(mean, directions^T directions): K directions, each as long as its standard deviation.
struct FittedGaussian {
  torch::Tensor mean;        ///< [D], in the memory order of a channels-last image, H W C
  torch::Tensor directions;  ///< [K, D]
};

/// Mean and leading principal components of up to 10,000 of the images, chosen by seed; the components by subspace
/// iteration in float64 (Halko et al. 2011). At most as many components as there are images or pixels. The result is
/// the same, bit for bit, for every number of threads and every device.
FittedGaussian fit_gaussian(const StartImages& images, std::int64_t components, std::uint64_t seed);
/// The rows of `count` images that fit_gaussian takes by this seed: int64 [n] on the CPU.
torch::Tensor rows_of_fit(std::int64_t count, std::uint64_t seed);

/// Starts of chains: a function of the images and (seed, step, chain). A Gaussian is fitted at its first use.
class ChainStarts {
 public:
  ChainStarts(const ChainStartOptions& options, ImageShape image, std::uint64_t seed, StartImages images);

  /// Writes the starts of the chains `ids`, int64 [n] on the CPU, at `step` into `rows` [n, H W C], dense float32 on
  /// the chains' device, without waiting for it.
  /// Throws ConfigError if there are no images to start from.
  void fill(const torch::Tensor& rows, const torch::Tensor& ids, std::uint64_t step);

  /// Fits the Gaussian if that has not been done, so that what is saved can be loaded.
  void save(State& state);
  /// Throws CheckpointError if the state lacks the fitted Gaussian or it has another shape.
  void load(const State& state);

 private:
  torch::Tensor chosen(const torch::Tensor& ids, std::uint64_t step) const;
  void fit();
  const FittedGaussian& gaussian(torch::Device device);

  ChainStartOptions options_;
  ImageShape image_;
  std::uint64_t seed_;
  StartImages images_;
  std::optional<FittedGaussian> gaussian_;
};

}  // namespace cebm

#include <cebm/annealed_importance.h>
#include <cebm/tiles.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace cebm {

namespace {

torch::Tensor images_for(const torch::Tensor& ids, ImageShape image) {
  return torch::empty({ids.size(0), image.channels, image.height, image.width},
                      torch::TensorOptions(ids.device()).dtype(torch::kFloat32), torch::MemoryFormat::ChannelsLast);
}

/// Rows in the order of an image's memory, channels-last: [B, C, H, W] -> [B, D].
torch::Tensor in_memory_order(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}).flatten(1); }

torch::Tensor as_images_of(const torch::Tensor& rows, ImageShape image) {
  return rows.view({rows.size(0), image.height, image.width, image.channels}).permute({0, 3, 1, 2});
}

/// N(m, S), S = V^T V + s 1 with orthogonal rows of V. By Woodbury's identity, with row k of V of length l_k,
///   S^-1 d = (d - sum_k v_k (v_k^T d) / (l_k^2 + s)) / s,  log |S| = (D - K) log s + sum_k log(l_k^2 + s).
struct LowRankGaussian {
  torch::Tensor mean;        ///< [D] float32
  torch::Tensor directions;  ///< V, [K, D]
  torch::Tensor shrinkage;   ///< 1 / (l_k^2 + s), [K]
  double variance;

  torch::Tensor precision_times(const torch::Tensor& d) const {
    return (d - (d.matmul(directions.t()) * shrinkage).matmul(directions)) / variance;
  }
};

}  // namespace

BaseDensity uniform_base(ImageShape image) {
  return {.name = "uniform on [-1, 1]",
          .potential =
              [](const torch::Tensor& x) {
                return EnergyGradient{torch::zeros({x.size(0)}, x.options()), torch::zeros_like(x)};
              },
          .log_normalizer = static_cast<double>(image.numel()) * std::numbers::ln2,
          .walls = Walls::reflect,
          .draw =
              [image](const torch::Tensor& ids, std::uint64_t seed, std::uint64_t step) {
                const torch::Tensor x = images_for(ids, image);
                fill_uniform(x, {seed, Stream::annealing_start, step}, ids, -1.0F, 1.0F);
                return x;
              }};
}

BaseDensity gaussian_base(ImageShape image, const FittedGaussian& fit, double variance) {
  if (!(variance > 0.0)) throw std::invalid_argument("gaussian_base: expected a variance above 0");
  const torch::Tensor lengths = fit.directions.to(torch::kDouble).square().sum(1) + variance;
  const LowRankGaussian gaussian{fit.mean.to(torch::kFloat), fit.directions.to(torch::kFloat),
                                 lengths.reciprocal().to(torch::kFloat), variance};
  const auto dimensions = static_cast<double>(image.numel());
  const auto rank = static_cast<double>(lengths.size(0));
  const double log_determinant = (dimensions - rank) * std::log(variance) + lengths.log().sum().item<double>();
  return {.name = "Gaussian of the training images",
          .potential =
              [gaussian, image](const torch::Tensor& x) {
                const torch::Tensor both = map_rows(in_memory_order(x), [&](const torch::Tensor& rows, std::int64_t) {
                  const torch::Tensor d = rows - gaussian.mean;
                  const torch::Tensor gradient = gaussian.precision_times(d);
                  return torch::cat({gradient, (d * gradient).sum(1, /*keepdim=*/true) / 2}, 1);
                });
                const std::int64_t numbers = image.numel();
                const torch::Tensor gradient = as_images_of(both.narrow(1, 0, numbers), image);
                return EnergyGradient{both.select(1, numbers), gradient.contiguous(torch::MemoryFormat::ChannelsLast)};
              },
          .log_normalizer = 0.5 * (dimensions * std::log(2.0 * std::numbers::pi) + log_determinant),
          .walls = Walls::none,
          .draw =
              [gaussian, image](const torch::Tensor& ids, std::uint64_t seed, std::uint64_t step) {
                const torch::Tensor x = images_for(ids, image);
                fill_normal(x, {seed, Stream::annealing_start, 2 * step}, ids);
                const torch::Tensor along = torch::empty({ids.size(0), gaussian.directions.size(0)}, x.options(),
                                                         torch::MemoryFormat::Contiguous);
                if (along.numel() > 0) fill_normal(along, {seed, Stream::annealing_start, 2 * step + 1}, ids);
                const torch::Tensor rows =
                    map_rows(torch::cat({in_memory_order(x), along}, 1), [&](const torch::Tensor& noise, std::int64_t) {
                      const std::int64_t numbers = gaussian.mean.size(0);
                      return gaussian.mean + noise.narrow(1, 0, numbers) * std::sqrt(gaussian.variance) +
                             noise.narrow(1, numbers, noise.size(1) - numbers).matmul(gaussian.directions);
                    });
                return as_images_of(rows, image).contiguous(torch::MemoryFormat::ChannelsLast);
              }};
}

}  // namespace cebm

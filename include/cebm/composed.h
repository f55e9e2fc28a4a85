/// Energies composed of other models' energies: sums, images with some pixels held fixed, and noisy images.
///
/// Uses (Du and Mordatch 2019; Du et al. 2020): a product of densities p_1(x) p_2(x) ... has the sum of the energies;
/// p(x_free | x_held) has the energy of the whole image as a function of its free pixels; and the posterior given a
/// noisy observation y = x + N(0, sigma^2), p(x | y) ~ p(x) exp{-|x - y|^2 / (2 sigma^2)}, has one more term.
#pragma once

#include <cebm/model.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace cebm {

/// E(x) = sum_i E_i(u) + coupling / 2 |u - noisy|^2,  u = x where `free` is 1 and `given` where it is 0.
/// A tensor with one row applies to all images, one with B rows has a row per image. An undefined tensor leaves out its
/// term; `free` and `given` are either both defined or both undefined.
struct Composition {
  std::vector<std::shared_ptr<EnergyModel>> parts;  ///< at least one, of one image shape
  torch::Tensor free = {};                          ///< [1, 1 or C, H, W] float32 of 0 and 1
  torch::Tensor given = {};                         ///< [1 or B, C, H, W] float32
  torch::Tensor noisy = {};                         ///< [1 or B, C, H, W] float32
  double coupling = 0.0;                            ///< 1 / sigma^2; for a sampler at temperature T, T / sigma^2
};

class ComposedEnergy final : public EnergyModel {
 public:
  /// Throws ConfigError naming both image shapes if those of two parts differ; std::invalid_argument for tensors of
  /// other shapes or no parts.
  explicit ComposedEnergy(Composition composition);

  torch::Tensor energy(const torch::Tensor& x) override;
  /// 0 in the pixels that are held.
  torch::Tensor input_gradient(const torch::Tensor& x) override;
  EnergyGradient energy_and_gradient(const torch::Tensor& x) override;
  torch::Tensor latent(const torch::Tensor& x) override;
  std::unique_ptr<EnergyModel> rows(std::int64_t begin, std::int64_t size) const override;

  const std::vector<std::shared_ptr<EnergyModel>>& parts() const { return composition_.parts; }
  /// u of x: the input of the parts, and the image that a chain stands for.
  torch::Tensor seen(const torch::Tensor& x) const;
  /// E from the energies of the parts at u; the same for the gradient.
  torch::Tensor energy_from(const torch::Tensor& seen, const std::vector<torch::Tensor>& parts) const;
  torch::Tensor gradient_from(const torch::Tensor& seen, const std::vector<torch::Tensor>& parts) const;

 private:
  Composition composition_;
};

}  // namespace cebm

// Every kind of energy-based model, built by hand, for tests.
#pragma once

#include <cebm/model.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoders/reference_network.h"

namespace cebm {

enum class Network { small, paper, authors };
enum class Head { gaussian, mixture_shared, mixture_per_component, igebm };

struct ModelCase {
  Head head;
  Network network = Network::small;
  bool learnable = true;
  const char* map = "negative_square";
  ImageShape image{1, 28, 28};
  std::shared_ptr<const Activation> activation{};  ///< instead of the network's own

  std::string name() const {
    const char* heads[] = {"cebm", "cebmm_shared", "cebmm_per_component", "igebm"};
    const char* networks[] = {"small", "paper", "authors"};
    return std::string(heads[static_cast<int>(head)]) + "_" + networks[static_cast<int>(network)] +
           (learnable ? "" : "_fixed") + "_" + map + "_" + std::to_string(image.height);
  }
};

inline CnnOptions shape_options(const ModelCase& which) {
  if (which.network == Network::paper) {
    const bool gray = which.image.height == 28;
    return cnn_options(gray ? std::vector<std::int64_t>{64, 64, 32, 32} : std::vector<std::int64_t>{64, 128, 256, 512},
                       "leaky_relu", {128});
  }
  if (which.network == Network::authors) return cnn_options({32, 32, 64, 64}, "silu", {});
  CnnOptions options = cnn_options({4, 6}, "silu", {12});
  options.kernels = {3, 4};
  options.strides = {1, 2};
  options.paddings = {1, 1};
  return options;
}

inline CnnOptions network_options(const ModelCase& which) {
  CnnOptions options = shape_options(which);
  if (which.activation) options.activation = *which.activation;
  return options;
}

inline std::int64_t latent_dim(const ModelCase& which) { return which.network == Network::small ? 5 : 128; }

inline std::shared_ptr<EnergyModel> build_model(const ModelCase& which, std::uint64_t seed = 1) {
  const CnnOptions options = network_options(which);
  const std::int64_t dims = latent_dim(which);
  if (which.head == Head::igebm) {
    return std::make_shared<Igebm>(which.image, make_cnn(options, {which.image, dims, seed}), options.activation, dims,
                                   seed);
  }
  const bool mixture = which.head != Head::gaussian;
  const std::int64_t components = mixture ? 4 : 1;
  // Means and scales of their own, so that no term of a gradient is zero.
  const torch::Tensor means = normal({components, dims}, {.seed = seed, .step = 1});
  const torch::Tensor log_scales = normal({components, dims}, {.seed = seed, .step = 2}) * 0.2;
  const auto bias =
      std::make_shared<MixtureBias>(std::make_shared<GaussianFamily>(), torch::stack({means, log_scales}, 1),
                                    which.learnable, which.head == Head::mixture_per_component);
  const StatisticMaps maps(bias->domain(), find_statistic_map(which.map));
  const auto encoder = make_cnn(options, {which.image, bias->statistic_sets() * 2 * dims, seed});
  return std::make_shared<Cebm>(which.image, encoder, maps, bias);
}

/// A conjugate model whose encoder's weights are three times those of the start, so that images differ in energy by as
/// much as a trained model's do.
inline std::shared_ptr<Cebm> sharp_model(Head head, ImageShape image) {
  auto model = std::dynamic_pointer_cast<Cebm>(build_model({head, Network::small, true, "negative_square", image}));
  const torch::NoGradGuard no_graph;
  for (auto& parameter : model->children().front()->parameters()) parameter.mul_(3.0);
  return model;
}

}  // namespace cebm

#include <ATen/Parallel.h>
#include <ATen/ops/cosine_similarity.h>
#include <c10/core/GradMode.h>
#include <cebm/chains.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/engines.h"
#include "kernels/cpu/instruction_sets.h"

namespace cebm {

namespace {

constexpr int kRounds = 5;
constexpr std::int64_t kImagesOfThread = 4;
constexpr double kGain = 7.0 / 8.0;  ///< largest share of the time: less gain is not worth the rounding, or is noise
constexpr double kCosine = 0.99;

double seconds(Engine& engine, Chains& chains) {
  using Clock = std::chrono::steady_clock;
  const LangevinStep still{};
  const auto start = Clock::now();
  engine.langevin(chains, {.sizes = {&still, 1}});
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool is_faithful(Engine& half, Engine& single, const torch::Tensor& x) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor cosine =
      at::cosine_similarity(half.gradient(x).flatten(1), single.gradient(x).flatten(1), /*dim=*/1);
  return cosine.min().item<double>() > kCosine;  // false for NaN
}

}  // namespace

Precision fastest_precision(EnergyModel& model, torch::Device device) {
  if (!kernels::cpu::chosen_conv_kernels().multiplies_bf16) return Precision::float32;
  const auto half = make_cpu_engine(model, device, Precision::bfloat16);
  const auto single = make_cpu_engine(model, device, Precision::float32);
  if (!half || !single) return Precision::float32;
  Chains chains = noise_chains(kImagesOfThread * at::get_num_threads(), model.image_shape(), /*seed=*/1, device);
  if (!is_faithful(*half, *single, chains.x)) return Precision::float32;
  double of_half = std::numeric_limits<double>::infinity();
  double of_single = of_half;
  // In turns, keeping each one's shortest time: other programs can only slow a round down.
  for (int round = 0; round < kRounds; ++round) {
    of_single = std::min(of_single, seconds(*single, chains));
    of_half = std::min(of_half, seconds(*half, chains));
  }
  return of_half < kGain * of_single ? Precision::bfloat16 : Precision::float32;
}

}  // namespace cebm

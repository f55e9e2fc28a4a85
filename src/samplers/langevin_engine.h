// Who computes the energy gradients between two Langevin updates. The sampler above does not know which one runs.
#pragma once

#include <cebm/model.h>
#include <cebm/sampler.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace cebm {

/// What is the same for all chains of a call: the sizes of its steps, and whose noise moves them.
struct LangevinSteps {
  std::span<const kernels::Langevin> sizes;  ///< of each step
  /// Bound on the L2 norm of each image's gradient; infinity: none.
  double norm_bound = 0.0;
  std::uint64_t seed = 0;
  std::uint64_t first_step = 0;  ///< in the stream of noise

  kernels::Counter counter(std::size_t step, const std::int64_t* chains) const {
    return {.seed = seed,
            .stream = static_cast<std::uint32_t>(Stream::langevin),
            .step = first_step + step,
            .chains = chains};
  }
};

class LangevinEngine {
 public:
  virtual ~LangevinEngine() = default;
  /// For people: "own kernels, AVX-512, float32".
  virtual std::string name() const = 0;
  /// How often steps were replayed from a recording so far; 0 for engines that record nothing.
  virtual std::int64_t replays() const { return 0; }
  /// Moves all chains in place. A chain's result does not depend on the others.
  virtual void advance(const Chains& chains, const LangevinSteps& steps) = 0;
  /// Whether this engine is worth keeping from one call of the sampler to the next.
  virtual bool is_kept() const { return false; }
  /// Takes the weights that the model has now; false if this engine is for another model, device or precision, or is
  /// made anew for each call.
  virtual bool renew(EnergyModel& /*model*/, torch::Device /*device*/, Precision /*precision*/) { return false; }
};

/// A way to compute energies; null where it cannot serve this model on this device. Engines use the weights that the
/// model has when they are made or renewed. After the model's end an engine may only be renewed or destroyed.
using EngineMaker = std::unique_ptr<LangevinEngine> (*)(EnergyModel& model, torch::Device device, Precision precision);

/// LibTorch's operations, tile by tile on the CPU: the reference. Serves every model on every device in float32, and
/// nothing else.
std::unique_ptr<LangevinEngine> make_reference_engine(EnergyModel& model, torch::Device device, Precision precision);
/// Kernels of our own on the CPU, for models with an EnergyPlan.
std::unique_ptr<LangevinEngine> make_cpu_engine(EnergyModel& model, torch::Device device, Precision precision);
/// LibTorch's convolutions and kernels of our own on a GPU, recorded as a CUDA graph, for models with an EnergyPlan.
std::unique_ptr<LangevinEngine> make_cuda_engine(EnergyModel& model, torch::Device device, Precision precision);

/// The first of all engines that serves this model. Throws ConfigError naming what has no kernels if none does in this
/// precision.
std::unique_ptr<LangevinEngine> make_engine(EnergyModel& model, torch::Device device, Precision precision);

}  // namespace cebm

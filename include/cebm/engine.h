/// Computing a model's energies without autograd: for samplers, objectives and evaluators.
///
/// Three back ends keep one contract:
///   LibTorch's operations           every model on every device; what the others are tested against
///   kernels of our own on the CPU   models with an EnergyPlan (energy_plan.h); bfloat16 too
///   CUDA                            models with an EnergyPlan: Langevin steps through LibTorch's convolutions and
///                                   kernels of our own, recorded as a CUDA graph; the rest through LibTorch
/// One that does not know an activation, a layer or a head leaves the model to LibTorch; none computes something else.
#pragma once

#include <cebm/chains.h>
#include <cebm/gradient_parts.h>
#include <cebm/langevin.h>
#include <cebm/model.h>
#include <cebm/precision.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cebm {

/// Uses the weights that the model has when a function is called; what it keeps in a form of its own is made again when
/// they have changed. Not for several threads at a time; must not
/// outlive the model. On the CPU an image's numbers depend on neither the rest of the batch nor the number of threads.
class Engine {
 public:
  virtual ~Engine() = default;
  /// For people: "kernels of our own, AVX-512, float32".
  virtual std::string name() const = 0;

  /// o(x), the outputs of the model's network, of which statistics and codes are functions: [B, C, H, W] -> [B, F].
  /// Throws std::logic_error if the model is no EncodedModel.
  virtual torch::Tensor outputs(const torch::Tensor& x) = 0;
  /// E(x): [B, C, H, W] -> [B].
  virtual torch::Tensor energies(const torch::Tensor& x) = 0;
  /// dE/dx: [B, C, H, W] -> the same, channels-last.
  virtual torch::Tensor gradient(const torch::Tensor& x) = 0;
  /// Both by one pass forward and one back: the numbers of energies() and gradient().
  virtual EnergyGradient energies_and_gradient(const torch::Tensor& x) = 0;
  /// Moves all chains in place. Throws std::invalid_argument if they are not as Chains says.
  virtual void langevin(const Chains& chains, const LangevinSteps& steps) = 0;
  /// Adds the gradient of a loss of the energies with respect to the model's weights to their grad(), in float32
  /// whatever the engine's precision; `loss` maps the energies [B] to a scalar. Returns the loss, detached.
  virtual torch::Tensor add_weight_gradient(
      const torch::Tensor& x, const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) = 0;

  /// For losses of the network's outputs o(x), [B, F]: `gradient` maps them to d loss / d o, which is pulled back to
  /// the network's weights and added to their grad(), in float32. Throws std::logic_error if the model is no
  /// EncodedModel.
  virtual void add_network_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) = 0;

  /// While set, the functions above hand over gradients in parts instead of adding them to grad(), where the engine
  /// adds them up from parts; null: as usual.
  virtual void collect_in(GradientParts* parts) { parts_ = parts; }

  /// How often Langevin steps were replayed from a recording so far; 0 for engines that record nothing.
  virtual std::int64_t replays() const { return 0; }

 protected:
  GradientParts* parts_ = nullptr;
};

/// bfloat16 where there are kernels for it on this device, the processor has instructions for them, they take at most
/// 7/8 of float32's time for a few images of noise, and their gradient has the same direction (cosine above 0.99 for
/// each image); float32 otherwise, so that it is never slower. Takes some tenths of a second. On a GPU it is float32:
/// there is no evidence yet.
Precision fastest_precision(EnergyModel& model, torch::Device device);

/// The fastest engine that serves this model on the device where it is. Throws ConfigError naming what has no kernels
/// if none does in this precision.
std::unique_ptr<Engine> make_engine(EnergyModel& model, torch::Device device, Precision precision = Precision::float32);

}  // namespace cebm

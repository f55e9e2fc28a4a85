/// Computing a model's energies without autograd: for samplers, objectives and evaluators.
///
/// Three back ends implement one contract:
///   LibTorch's operations           every model on every device; the reference that the others are tested against
///   our own kernels on the CPU      models with an EnergyPlan (energy_plan.h); bfloat16 too
///   CUDA                            models with an EnergyPlan: Langevin steps through LibTorch's convolutions and
///                                   our own kernels, the weights' gradient through LibTorch, both recorded as CUDA
///                                   graphs; the rest through LibTorch
/// A back end that lacks an activation, a layer or a head falls back to LibTorch; none substitutes another function.
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

/// Every call uses the model's present weights; cached copies of them, such as packed ones, are refreshed when they
/// have changed. Not thread-safe; must not outlive the model. Batches have at least one image. On the CPU an image's
/// results depend on neither the rest of the batch nor the number of threads.
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
  /// Both by one forward and one backward pass; the same numbers as energies() and gradient().
  virtual EnergyGradient energies_and_gradient(const torch::Tensor& x) = 0;
  /// Moves all chains in place. Throws std::invalid_argument if shapes, types or layout are not those of Chains.
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

  /// While set, gradients that the engine sums up from parts are passed to `parts` unsummed instead of being added to
  /// grad(); null: the default.
  virtual void collect_in(GradientParts* parts) { parts_ = parts; }

  /// How often recorded work (CUDA graphs) has been replayed so far: series of Langevin steps, and gradients of the
  /// weights. 0 for engines that record nothing.
  virtual std::int64_t replays() const { return 0; }

 protected:
  GradientParts* parts_ = nullptr;
};

/// Returns bfloat16 if there are kernels for the model on this device, the processor has bfloat16 instructions, the
/// kernels take less than 7/8 of float32's time on a few images of noise, and their gradient has the same direction
/// (cosine above 0.99 for each image); float32 otherwise, so that the result is never slower. Takes some tenths of a
/// second. Always float32 on a GPU, where this has not been measured.
Precision fastest_precision(EnergyModel& model, torch::Device device);

/// The fastest engine that supports this model on `device`, where the model must be. Throws ConfigError naming the part
/// without kernels if none supports it in this precision.
std::unique_ptr<Engine> make_engine(EnergyModel& model, torch::Device device, Precision precision = Precision::float32);

}  // namespace cebm

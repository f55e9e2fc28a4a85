#include <cebm/errors.h>

#include <array>

#include "samplers/langevin_engine.h"

namespace cebm {

namespace {

/// The part of the model that kernels of our own cannot take apart.
std::string without_kernels(const EnergyModel& model) {
  for (const auto& part : model.modules(/*include_self=*/false)) {
    const auto* const encoder = dynamic_cast<const Encoder*>(part.get());
    if (encoder != nullptr && encoder->feed_forward().empty()) return "the encoder " + encoder->name();
  }
  return "this model";
}

}  // namespace

std::unique_ptr<LangevinEngine> make_engine(EnergyModel& model, torch::Device device, Precision precision) {
  static constexpr std::array<EngineMaker, 3> fast_first{make_cpu_engine, make_cuda_engine, make_reference_engine};
  for (const EngineMaker make : fast_first) {
    if (auto engine = make(model, device, precision)) return engine;
  }
  throw ConfigError("sampler.precision: bfloat16 needs kernels of our own, and there are none for " +
                    without_kernels(model) + " on " + device.str() + "; expected float32");
}

}  // namespace cebm

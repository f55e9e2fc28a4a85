#include <cebm/errors.h>

#include "engine/engines.h"

namespace cebm {

namespace {

/// Names the part of the model that our own kernels cannot compute.
std::string without_kernels(const EnergyModel& model) {
  for (const auto& part : model.modules(/*include_self=*/false)) {
    const auto* const encoder = dynamic_cast<const Encoder*>(part.get());
    if (encoder != nullptr && encoder->feed_forward().empty()) return "the encoder " + encoder->name();
  }
  return "this model";
}

}  // namespace

std::unique_ptr<Engine> make_engine(EnergyModel& model, torch::Device device, Precision precision) {
  if (precision == Precision::automatic) precision = fastest_precision(model, device);
  if (auto engine = make_composed_engine(model, device, precision)) return engine;
  if (auto engine = make_cpu_engine(model, device, precision)) return engine;
  if (auto engine = make_cuda_engine(model, device, precision)) return engine;
  if (precision == Precision::float32) return make_tensor_engine(model);
  if (precision == Precision::tf32 && !device.is_cuda()) {
    throw ConfigError("sampler.precision: tf32 is rounded by a GPU's matrix units, found the device " + device.str() +
                      "; expected float32 or bfloat16");
  }
  throw ConfigError(std::string("sampler.precision: ") + name_of(precision) +
                    " needs kernels of our own, and there are none for " + without_kernels(model) + " on " +
                    device.str() + "; expected float32");
}

}  // namespace cebm

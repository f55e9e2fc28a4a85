#include <array>

#include "samplers/langevin_engine.h"

namespace cebm {

std::unique_ptr<LangevinEngine> make_engine(EnergyModel& model, torch::Device device, Precision precision) {
  static constexpr std::array<EngineMaker, 2> fast_first{make_cpu_engine, make_cuda_engine};
  for (const EngineMaker make : fast_first) {
    if (auto engine = make(model, device, precision)) return engine;
  }
  return make_reference_engine(model, device, precision);
}

}  // namespace cebm

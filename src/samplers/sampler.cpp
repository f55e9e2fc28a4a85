#include <cebm/sampler.h>

namespace cebm {

StepValues Sampler::advance(EnergyModel& model, Chains& chains, std::int64_t steps, std::uint64_t seed,
                            std::uint64_t first_step, const Observer& observer) const {
  return advance(*make_engine(model, chains.x.device(), precision()), chains, steps, seed, first_step, observer);
}

}  // namespace cebm

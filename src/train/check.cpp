#include <cebm/trainer.h>

#include "train/attempt.h"
#include "train/initial_weights.h"
#include "train/learner.h"

namespace cebm {

void check(const RunConfig& config, ImageShape image, const TrainPlan& plan) {
  // Fails now, not at the first rollback, if the sampler's step size cannot be scaled.
  if (config.guard.policy == GuardPolicy::rollback) config_of_attempt(config, 1);
  const Learner built(config, image, plan.device, initial_weights(plan.init_from), {}, plan.ranks);
}

std::optional<ImageShape> check(const RunConfig& config, const TrainPlan& plan) {
  const std::optional<ImageShape> image = image_shape_of(config.data, plan.data);
  if (image) check(config, *image, plan);
  return image;
}

}  // namespace cebm

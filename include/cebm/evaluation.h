/// Feeding a data set to an evaluator.
#pragma once

#include <cebm/evaluator.h>
#include <cebm/run.h>

#include <functional>

namespace cebm {

/// Adds the whole set to the evaluator in batches, in order, without noise.
/// `progress` is called with the images done and their total. Throws ConfigError if the images' shape is not the
/// model's.
void evaluate(Model& model, Evaluator& evaluator, const Dataset& data, std::int64_t batch_size, torch::Device device,
              const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {});

}  // namespace cebm

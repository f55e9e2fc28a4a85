// What cebm-bench measures. Each part checks what it is about to time against the reference, then times it.
#pragma once

#include <cebm/image.h>
#include <cebm/precision.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "measure.h"

namespace bench {

/// A network whose speed is reported: a shipped configuration and its images.
struct Subject {
  const char* name;
  const char* config;
  cebm::ImageShape image;
};

/// The paper's two networks and the authors' own.
const std::vector<Subject>& subjects();

struct Setting {
  Subject subject;
  cebm::Precision precision = cebm::Precision::float32;
  std::int64_t batch = 128;
  std::int64_t steps = 60;
  int threads = 1;
  int repeats = 5;
  torch::Device device = torch::kCPU;
};

struct Row {
  std::string part;
  std::string what;         ///< subject, engine, sizes
  std::string unit;         ///< of the times: "ms per step", ...
  Timing time = {};         ///< in that unit
  double operations = 0.0;  ///< of one unit; 0: not counted
  std::int64_t memory = 0;  ///< bytes; 0: not measured
  std::string check = {};   ///< what the validation found
};

/// Langevin steps of a batch of chains.
Row sampler_step(const Setting& setting);
/// The gradient of a loss of a batch of data and one of samples with respect to the weights, in float32.
Row loss_gradient(const Setting& setting);
/// A gradient step: chains, loss, weights.
Row training_step(const Setting& setting);
/// Langevin steps in bfloat16 and in float32 in turns, and what sampler.precision: auto makes of it.
Row compared_precisions(const Setting& setting);
/// A gradient step by as many ranks of one thread as the setting has threads, on the CPU.
Row scaling(const Setting& setting);
/// A batch out of 60,000 images in memory, with noise.
Row data_loading(const Setting& setting);
/// Latent codes of images.
Row evaluation(const Setting& setting);

/// The model's weights, the images x and dE/dx there, so that another program can compute the same.
void write_case(const Setting& setting, const std::string& file);

}  // namespace bench

// Short trainings of every kind of model, stopped and resumed, on any device.
#pragma once

#include <cebm/catalog.h>
#include <cebm/trainer.h>

#include "contract/rows.h"
#include "support/folder_test.h"

namespace cebm {

struct TrainingCase {
  const char* name;
  std::string settings;
};

inline std::vector<TrainingCase> training_cases() {
  const std::string encoder =
      "encoder: {name: cnn, channels: [8, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}";
  const std::string decoder =
      "decoder: {start: [4, 6, 6], channels: [4], kernels: [4, 3], strides: [2, 1], paddings: [1, 1], hidden: [16]}";
  const std::string rest = ", sampler: {steps: 5}, buffer: {size: 64}";
  return {{"cebm", "model: {name: cebm, latent_dim: 6, " + encoder + "}" + rest},
          {"cebmm",
           "model: {name: cebm, latent_dim: 6, bias: {name: gaussian_mixture, components: 3}, " + encoder + "}" + rest},
          {"igebm", "model: {name: igebm, latent_dim: 6, " + encoder + "}" + rest},
          {"vae", "model: {name: vae, latent_dim: 6, " + encoder + ", " + decoder + "}, objective: elbo"}};
}

/// Trains in one go and with a stop in the middle, in `folder`, and expects the same last checkpoint, bit for bit.
inline void expect_resumed_as_if_it_had_gone_on(const TrainingCase& which, const std::filesystem::path& folder,
                                                torch::Device device) {
  RunConfig config(catalog());
  read_options(parse_config("{data: {name: noise, count: 64, size: 12}, " + which.settings +
                            ", train: {steps: 10, batch_size: 16, log_every: 2, sample_every: 10, ema_decay: 0.9}, "
                            "checkpoint: {every: 5, keep_last: 0}}"),
               config);
  const auto run = [&](const std::string& name, bool resume, std::uint64_t stop_at = 0) {
    std::uint64_t step = 0;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++step == stop_at; };
    return train(config, {.directory = folder / name, .data = {}, .device = device, .resume = resume}, callbacks);
  };
  const auto last = [&](const std::string& name) {
    return load_checkpoint(list_checkpoints(folder / name / "checkpoints").back());
  };
  ASSERT_EQ(run("straight", false), TrainOutcome::finished);
  ASSERT_EQ(run("resumed", false, 6), TrainOutcome::stopped);
  ASSERT_EQ(run("resumed", true), TrainOutcome::finished);
  const Checkpoint found = last("resumed");
  const Checkpoint expected = last("straight");
  ASSERT_EQ(found.step, expected.step);
  ASSERT_EQ(found.parts.size(), expected.parts.size());
  for (const auto& [part, state] : expected.parts) {
    EXPECT_EQ(found.part(part).values, state.values) << part;
    ASSERT_EQ(found.part(part).tensors.size(), state.tensors.size()) << part;
    for (const auto& [name, tensor] : state.tensors) {
      EXPECT_TRUE(found.part(part).tensors.at(name).equal(tensor)) << part << " " << name;
    }
  }
}

}  // namespace cebm

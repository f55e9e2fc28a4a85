// Trainings on a GPU: that one which was stopped and resumed goes on bit for bit, and that its energies are the CPU's.
#include <ATen/ATen.h>
#include <cebm/catalog.h>
#include <cebm/engine.h>
#include <cebm/trainer.h>

#include "contract/rows.h"
#include "support/folder_test.h"
#include "support/gpu.h"
#include "support/numeric.h"

namespace cebm {
namespace {

constexpr const char* kEncoder = "encoder: {name: cnn, channels: [8, 8], kernels: [3, 4], strides: [1, 2]}";

struct TrainingCase {
  const char* name;
  std::string settings;
};

std::vector<TrainingCase> trainings() {
  const std::string encoder = kEncoder;
  const std::string rest = ", sampler: {steps: 5}, buffer: {size: 64}";
  return {{"cebm", "model: {name: cebm, latent_dim: 6, " + encoder + "}" + rest},
          {"cebmm",
           "model: {name: cebm, latent_dim: 6, bias: {name: gaussian_mixture, components: 3}, " + encoder + "}" + rest},
          {"igebm", "model: {name: igebm, latent_dim: 6, " + encoder + "}" + rest},
          {"vae", "model: {name: vae, latent_dim: 6, " + encoder + "}, objective: elbo"}};
}

class GpuTraining : public GpuTest, public testing::WithParamInterface<TrainingCase> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    std::string pattern = (std::filesystem::temp_directory_path() / "cebm_gpu_training_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  TrainOutcome run(const std::string& name, bool resume, std::uint64_t stop_at = 0) const {
    RunConfig config(catalog());
    read_options(parse_config("{data: {name: noise, count: 64, size: 12}, " + GetParam().settings +
                              ", train: {steps: 10, batch_size: 16, log_every: 2, sample_every: 10, ema_decay: 0.9}, "
                              "checkpoint: {every: 5, keep_last: 0}}"),
                 config);
    std::uint64_t step = 0;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++step == stop_at; };
    return train(config, {.directory = folder_ / name, .data = {}, .device = device_, .resume = resume}, callbacks);
  }

  Checkpoint last(const std::string& name) const {
    return load_checkpoint(list_checkpoints(folder_ / name / "checkpoints").back());
  }

 private:
  std::filesystem::path folder_;
};

TEST_P(GpuTraining, StoppedAndResumedIsAsIfItHadGoneOn) {
  ASSERT_EQ(run("straight", false), TrainOutcome::finished);
  ASSERT_EQ(run("resumed", false, 6), TrainOutcome::stopped);
  ASSERT_EQ(run("resumed", true), TrainOutcome::finished);
  const Checkpoint found = last("resumed");
  const Checkpoint expected = last("straight");
  ASSERT_EQ(found.step, expected.step);
  for (const auto& [part, state] : expected.parts) {
    for (const auto& [name, tensor] : state.tensors) {
      EXPECT_TRUE(found.part(part).tensors.at(name).equal(tensor)) << part << " " << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GpuTraining, testing::ValuesIn(trainings()),
                         [](const auto& which) { return which.param.name; });

class GpuEvaluation : public GpuTest, public testing::WithParamInterface<std::string> {};

TEST_P(GpuEvaluation, GivesTheCpusEnergiesAndOutputs) {
  const auto model = std::dynamic_pointer_cast<EnergyModel>(example_model(GetParam()));
  ASSERT_TRUE(model);
  const torch::Tensor x = noise_chains(9, model->image_shape(), 5, torch::kCPU).x;
  const auto here = make_engine(*model, torch::kCPU);
  const torch::Tensor energies = here->energies(x);
  const torch::Tensor gradient = here->gradient(x);
  model->to(device_);
  const auto there = make_engine(*model, device_);
  EXPECT_LT(relative_error(there->energies(x.to(device_)).cpu(), energies), 1e-5);
  EXPECT_LT(error_of_all_but_one(there->gradient(x.to(device_)).cpu(), gradient), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Models, GpuEvaluation, testing::Values("cebm", "igebm"));

}  // namespace
}  // namespace cebm

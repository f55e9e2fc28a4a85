// Trainings on a GPU: that one which was stopped and resumed goes on bit for bit, and that its energies are the CPU's.
#include <ATen/ATen.h>
#include <cebm/engine.h>

#include "engine/resumed_trainings.h"
#include "support/gpu.h"
#include "support/numeric.h"

namespace cebm {
namespace {

class GpuTraining : public FolderTest, public testing::WithParamInterface<TrainingCase> {};

TEST_P(GpuTraining, StoppedAndResumedIsAsIfItHadGoneOn) {
  const torch::Device device = parse_device("auto");
  if (!device.is_cuda()) GTEST_SKIP() << "skipped: no GPU";
  expect_resumed_as_if_it_had_gone_on(GetParam(), folder_, device);
}

INSTANTIATE_TEST_SUITE_P(Models, GpuTraining, testing::ValuesIn(training_cases()),
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

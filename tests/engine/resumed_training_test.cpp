// What gpu_training_test.cpp trains on a GPU, on the CPU: its configurations stay valid where no GPU runs them.
#include "engine/resumed_trainings.h"

namespace cebm {
namespace {

class CpuTraining : public FolderTest, public testing::WithParamInterface<TrainingCase> {};

TEST_P(CpuTraining, StoppedAndResumedIsAsIfItHadGoneOn) {
  expect_resumed_as_if_it_had_gone_on(GetParam(), folder_, torch::kCPU);
}

INSTANTIATE_TEST_SUITE_P(Models, CpuTraining, testing::ValuesIn(training_cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace cebm

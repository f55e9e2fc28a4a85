// Recording launches, with the CPU layer as the run time that records.
#include "kernels/cuda/recording.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "cuda_on_cpu/kernels_on_cpu.h"
#include "cuda_on_cpu/launches.h"
#include "engine/cuda/recorded_work.h"

namespace cebm {
namespace {

/// A device that records; its end may fail, as where something cannot be recorded.
class RecordingTest : public testing::Test {
 protected:
  kernels::cuda::RecordingCalls calls() {
    return {.begin =
                [this] {
                  ++begun_;
                  cuda_on_cpu::begin_recording();
                },
            .end =
                [this] {
                  if (end_fails_) throw std::runtime_error("not permitted when stream is capturing");
                  return cuda_on_cpu::end_recording();
                },
            .abandon =
                [this] {
                  ++abandoned_;
                  (void)cuda_on_cpu::end_recording();
                }};
  }

  WorkDevice device() {
    return {.run = [](const Work& work) { work(); },
            .record = [this](const Work& work) { return kernels::cuda::record(calls(), work); }};
  }

  /// Moves one pixel by the step that the series holds.
  void step() {
    kernels::on_cpu::kernels().langevin_update(&x_, &gradient_, {}, {1, 1}, {.chains = &chain_}, {}, nullptr, &series_);
  }

  void set(float half_step) {
    kernels::StepSeries series;
    series.sizes[0] = {half_step, 0.0F, 10.0F};
    kernels::on_cpu::kernels().set_series(&series_, series, nullptr);
  }

  float x_ = 0.0F;
  float gradient_ = -1.0F;
  std::int64_t chain_ = 0;
  kernels::StepSeries series_;
  bool end_fails_ = false;
  int begun_ = 0;
  int abandoned_ = 0;
};

TEST_F(RecordingTest, RunsNothingUntilItIsReplayedAndThenWithWhatTheMemoryHolds) {
  set(1.0F);
  const auto replay = kernels::cuda::record(calls(), [this] { step(); });
  EXPECT_EQ(x_, 0.0F);
  replay();
  EXPECT_EQ(x_, 1.0F);
  set(0.25F);
  replay();
  EXPECT_EQ(x_, 1.25F);
  EXPECT_EQ(abandoned_, 0);
}

TEST_F(RecordingTest, LeavesNoRecordingUnderWayWhereTheWorkOrItsEndFails) {
  EXPECT_THROW(kernels::cuda::record(calls(), [] { throw std::invalid_argument("the work's own"); }),
               std::invalid_argument);
  EXPECT_FALSE(cuda_on_cpu::is_recording());
  end_fails_ = true;
  EXPECT_THROW(kernels::cuda::record(calls(), [this] { step(); }), std::runtime_error);
  EXPECT_FALSE(cuda_on_cpu::is_recording());
  EXPECT_EQ(abandoned_, 2);
  end_fails_ = false;
  set(1.0F);
  kernels::cuda::record(calls(), [this] { step(); })();
  EXPECT_EQ(x_, 1.0F);
}

TEST_F(RecordingTest, GivesRecordedWorkTheSameNumbersReplayedAsRun) {
  RecordedWork<int> work(device());
  std::vector<float> seen;
  for (const float size : {1.0F, 0.5F, 0.25F, 0.125F}) {
    set(size);
    work.run(1, [this] { step(); });
    seen.push_back(x_);
  }
  EXPECT_EQ(seen, (std::vector<float>{1.0F, 1.5F, 1.75F, 1.875F}));
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(work.replays(), 3);
}

TEST_F(RecordingTest, LeavesRecordedWorkWithLaunchesOneByOneWhereItFails) {
  RecordedWork<int> work(device());
  end_fails_ = true;
  set(1.0F);
  testing::internal::CaptureStderr();
  for (int call = 0; call < 3; ++call) work.run(1, [this] { step(); });
  EXPECT_NE(testing::internal::GetCapturedStderr().find("not permitted"), std::string::npos);
  EXPECT_EQ(x_, 3.0F);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(work.replays(), 0);
}

}  // namespace
}  // namespace cebm

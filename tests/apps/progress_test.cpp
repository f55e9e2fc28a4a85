#include "programs/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace cebm::app {
namespace {

using namespace std::chrono_literals;

/// What a task of 100 steps that calls `work` with its progress writes where standard error is no terminal, without the
/// times of day.
template <class Work>
std::string written_without_a_terminal(const Work& work) {
  testing::internal::CaptureStderr();
  Progress progress("sampling", "step", 100);
  work(progress, Progress::Clock::time_point{} + 1h);
  return std::regex_replace(testing::internal::GetCapturedStderr(), std::regex("[0-9:]+ info "), "");
}

TEST(PlainProgress, ShortTasksWriteNothing) {
  EXPECT_EQ(written_without_a_terminal([](Progress& progress, auto start) {
              progress.update(0, start);
              progress.update(60, start + 20s);
              progress.update(100, start + 29s);
            }),
            "");
}

TEST(PlainProgress, ALineEveryHalfMinuteSaysHowFarHowFastAndHowLong) {
  const std::string text = written_without_a_terminal([](Progress& progress, auto start) {
    for (int done = 0; done <= 80; done += 10) progress.update(static_cast<std::uint64_t>(done), start + done * 1s);
  });
  EXPECT_EQ(text, "sampling 30/100  1 steps/s, 1:10 left\nsampling 60/100  1 steps/s, 0:40 left\n");
}

TEST(PlainProgress, AResumedTasksRateLeavesOutWhatWasDoneBefore) {
  const std::string text = written_without_a_terminal([](Progress& progress, auto start) {
    progress.update(50, start);
    progress.update(80, start + 60s);
  });
  EXPECT_EQ(text, "sampling 80/100  0.5 steps/s, 0:40 left\n");
}

TEST(PlainProgress, ATaskThatGoesBackIsTimedAnew) {
  const std::string text = written_without_a_terminal([](Progress& progress, auto start) {
    progress.update(50, start);
    progress.update(20, start + 10s);
    progress.update(60, start + 50s);
  });
  EXPECT_EQ(text, "sampling 60/100  1 steps/s, 0:40 left\n");
}

}  // namespace
}  // namespace cebm::app

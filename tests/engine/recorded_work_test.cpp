// When work is run, recorded and replayed, on a device that only takes notes.
#include "engine/cuda/recorded_work.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace cebm {
namespace {

class RecordedWorkTest : public testing::Test {
 protected:
  using Notes = std::vector<std::string>;

  Notes run(int key) {
    notes_.clear();
    recorded_.run(key, [this, key] { notes_.push_back("work " + std::to_string(key)); });
    return notes_;
  }

  Notes notes_;
  std::string refusal_;  ///< of the device to record; empty: it does
  bool replay_fails_ = false;
  int recordings_ = 0;
  RecordedWork<int> recorded_{{.run =
                                   [this](const Work& work) {
                                     notes_.emplace_back("run");
                                     work();
                                   },
                               .record = [this](const Work&) -> Work {
                                 notes_.emplace_back("record");
                                 if (!refusal_.empty()) throw std::runtime_error(refusal_);
                                 return [this, number = ++recordings_] {
                                   if (replay_fails_) throw std::runtime_error("out of memory");
                                   notes_.push_back("replay " + std::to_string(number));
                                 };
                               }}};
};

TEST_F(RecordedWorkTest, RunsFirstThenRecordsThenReplays) {
  EXPECT_EQ(run(1), (Notes{"run", "work 1"}));
  EXPECT_EQ(run(1), (Notes{"record", "replay 1"}));
  EXPECT_EQ(run(1), (Notes{"replay 1"}));
  EXPECT_EQ(run(1), (Notes{"replay 1"}));
}

TEST_F(RecordedWorkTest, CountsReplaysAndNothingElse) {
  std::vector<std::int64_t> counts;
  for (const int key : {1, 1, 1, 2, 1, 2, 2}) {
    run(key);
    counts.push_back(recorded_.replays());
  }
  EXPECT_EQ(counts, (std::vector<std::int64_t>{0, 1, 2, 2, 3, 4, 5}));
  refusal_ = "no";
  for (const int key : {3, 3, 3}) run(key);
  EXPECT_EQ(recorded_.replays(), 5);
}

TEST_F(RecordedWorkTest, KeepsSeveralRecordings) {
  run(1);
  run(1);
  EXPECT_EQ(run(2), (Notes{"run", "work 2"}));
  EXPECT_EQ(run(1), (Notes{"replay 1"}));
  EXPECT_EQ(run(2), (Notes{"record", "replay 2"}));
  EXPECT_EQ(run(1), (Notes{"replay 1"}));
  EXPECT_EQ(run(2), (Notes{"replay 2"}));
}

TEST_F(RecordedWorkTest, ForgetsWhatHasNotComeForLong) {
  run(1);
  run(1);
  for (const int key : {2, 3, 4}) run(key);
  EXPECT_EQ(run(1), (Notes{"replay 1"}));
  for (const int key : {2, 3, 4, 5}) run(key);
  EXPECT_EQ(run(1), (Notes{"run", "work 1"}));
  EXPECT_EQ(run(1), (Notes{"record", "replay 5"}));
}

TEST_F(RecordedWorkTest, DoesTheWorkWhereAReplayFails) {
  run(1);
  replay_fails_ = true;
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(1), (Notes{"record", "run", "work 1"}));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("one by one: out of memory"));
  EXPECT_EQ(recorded_.replays(), 0);
  EXPECT_EQ(run(1), (Notes{"run", "work 1"}));
}

TEST_F(RecordedWorkTest, GoesOnWithoutRecordingsAfterOneFailedAndSaysWhyOnce) {
  refusal_ = "operation not permitted\nwith details";
  run(1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(1), (Notes{"record", "run", "work 1"}));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("launched one by one: operation not permitted"));
  EXPECT_EQ(recorded_.failure(), "operation not permitted");
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(1), (Notes{"run", "work 1"}));
  EXPECT_EQ(run(2), (Notes{"run", "work 2"}));
  EXPECT_EQ(run(2), (Notes{"run", "work 2"}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(RecordedWorkTest, LetsTheWorksOwnErrorsThrough) {
  EXPECT_THROW(recorded_.run(1, [] { throw std::invalid_argument("wrong"); }), std::invalid_argument);
  EXPECT_EQ(recorded_.failure(), "");
}

}  // namespace
}  // namespace cebm

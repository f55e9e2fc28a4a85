#include "runs/metrics_log.h"

#include <cebm/errors.h>
#include <cebm/files.h>

#include <cmath>

#include "support/folder_test.h"

namespace cebm {
namespace {

class TheMetricsLog : public FolderTest {
 protected:
  std::filesystem::path file() const { return folder_ / "metrics.csv"; }
};

TEST_F(TheMetricsLog, RowsComeBackAsWrittenToTheLastBit) {
  MetricsLog log(file(), {"a", "b"}, {});
  log.append(10, {0.1, -1.0 / 3.0});
  log.append(20, {1e-300, std::nan("")});
  EXPECT_TRUE(read_file(file()).starts_with("step,a,b\n10,0.1,-0.3333333333333333")) << "on disk at once";
  const MetricsTable table = read_metrics(file());
  EXPECT_EQ(table.columns, (std::vector<std::string>{"step", "a", "b"}));
  EXPECT_EQ(table.column("step"), (std::vector<double>{10, 20}));
  EXPECT_EQ(table.column("a"), (std::vector<double>{0.1, 1e-300}));
  EXPECT_EQ(table.column("b")[0], -1.0 / 3.0);
  EXPECT_TRUE(std::isnan(table.column("b")[1]));
  EXPECT_THROW(table.column("c"), IoError);
}

TEST_F(TheMetricsLog, ResumingDropsTheRowsAfterTheCheckpoint) {
  {
    MetricsLog log(file(), {"a"}, {});
    for (const std::uint64_t step : {9, 50, 100, 150}) log.append(step, {1.0});
  }
  MetricsLog resumed(file(), {"a"}, {.step = 100});
  resumed.append(150, {2.0});
  EXPECT_EQ(read_file(file()), "step,a\n9,1\n50,1\n100,1\n150,2\n");
}

TEST_F(TheMetricsLog, ResumingDropsRowsBeyondTheNumberThatTheCheckpointKnows) {
  write_file_atomically(file(), "step,a\n50,1\n100,1\n120,1\n");
  MetricsLog resumed(file(), {"a"}, {.step = 120, .rows = 2});
  EXPECT_EQ(resumed.rows(), 2U);
  resumed.append(150, {2.0});
  EXPECT_EQ(resumed.rows(), 3U);
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n100,1\n150,2\n");
}

TEST_F(TheMetricsLog, ResumingDropsARowThatWasCutShort) {
  // The row of step 150 broke off after one digit: it must not pass for step 1.
  write_file_atomically(file(), "step,a\n50,1\n100,1\n1");
  MetricsLog resumed(file(), {"a"}, {.step = 100});
  resumed.append(150, {2.0});
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n100,1\n150,2\n");
}

TEST_F(TheMetricsLog, ResumingDropsDamagedAndRepeatedRows) {
  write("metrics.csv", "step,a,b\n10,1,2\n20,x,2\n30,1\n40,1,2,3\n10,1,2\n50,nan,-inf\n50,1,2\n,1,2\n60,3,4\n");
  MetricsLog resumed(file(), {"a", "b"}, {.step = 100});
  resumed.write();
  EXPECT_EQ(resumed.rows(), 3U);
  EXPECT_EQ(contents(file()), "step,a,b\n10,1,2\n50,nan,-inf\n60,3,4\n");
}

TEST_F(TheMetricsLog, AFreshLogForgetsAnOlderFile) {
  write_file_atomically(file(), "step,a\n50,1\n");
  MetricsLog log(file(), {"a"}, {});
  log.write();
  EXPECT_EQ(read_file(file()), "step,a\n");
}

TEST_F(TheMetricsLog, ResumingWithOtherColumnsIsRefusedAndLeavesTheFile) {
  write_file_atomically(file(), "step,a\n50,1\n");
  EXPECT_THROW(MetricsLog(file(), {"a", "b"}, {.step = 50}), CheckpointError);
  EXPECT_EQ(read_file(file()), "step,a\n50,1\n");
}

}  // namespace
}  // namespace cebm

#include <cebm/files.h>

#include "support/folder_test.h"
#include "train/run_files.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;

class Records : public FolderTest {
 protected:
  fs::path file() const { return folder_ / "metrics.csv"; }
};

TEST_F(Records, OneWithoutACheckpointIsSetAsideUnderAFreeName) {
  EXPECT_FALSE(set_record_aside(folder_));
  for (const char* number : {"1", "2"}) {
    write_file_atomically(file(), number);
    const std::optional<fs::path> aside = set_record_aside(folder_);
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, folder_ / (std::string("metrics.before_") + number + ".csv"));
    EXPECT_EQ(read_file(*aside), number);
    EXPECT_FALSE(fs::exists(file()));
  }
}

}  // namespace
}  // namespace cebm

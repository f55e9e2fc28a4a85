#include <cebm/run.h>
#include <sys/stat.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

class FindConfig : public FolderTest {};

TEST_F(FindConfig, TakesAConfigurationThatComesThroughAPipe) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(find_config(pipe), pipe);
}

}  // namespace
}  // namespace cebm

#include "base/durable/append_file.h"

#include <cebm/errors.h>

#include "support/file_size_limit.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

class AppendedLines : public FolderTest {};

TEST_F(AppendedLines, AreInTheFileAtOnce) {
  AppendFile file(folder_ / "a.csv", "head\n");
  file.append("one\n");
  EXPECT_EQ(contents(folder_ / "a.csv"), "head\none\n");
  file.append("two\n");
  file.sync();
  EXPECT_EQ(contents(folder_ / "a.csv"), "head\none\ntwo\n");
}

TEST_F(AppendedLines, WaitWholeUntilThereIsRoom) {
  AppendFile file(folder_ / "a.csv", "head\n");
  file.sync();
  {
    const FileSizeLimit limit(8);
    EXPECT_THROW(file.append("first\n"), IoError);
    EXPECT_EQ(contents(folder_ / "a.csv"), "head\n") << "no half line";
    EXPECT_THROW(file.append("second\n"), IoError);
    EXPECT_THROW(file.sync(), IoError);
  }
  file.append("third\n");
  EXPECT_EQ(contents(folder_ / "a.csv"), "head\nfirst\nsecond\nthird\n");
}

TEST_F(AppendedLines, AFileThatCannotBeStartedStaysAsItWasUntilThereIsRoom) {
  write("a.csv", "old\n");
  AppendFile file(folder_ / "a.csv", "a longer beginning\n");
  {
    const FileSizeLimit limit(8);
    EXPECT_THROW(file.append("first\n"), IoError);
    EXPECT_THROW(file.sync(), IoError);
    EXPECT_EQ(contents(folder_ / "a.csv"), "old\n");
  }
  file.append("second\n");
  EXPECT_EQ(contents(folder_ / "a.csv"), "a longer beginning\nfirst\nsecond\n");
}

}  // namespace
}  // namespace cebm

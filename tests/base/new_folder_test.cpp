#include "base/durable/new_folder.h"

#include <cebm/errors.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using NewFolders = FolderTest;

constexpr const char* kSeal = "seal";

void seal(const NewFolder& folder, const std::string& content) {
  std::ofstream(folder.path() / kSeal, std::ios::binary) << content;
}

TEST_F(NewFolders, AppearUnderTheirNameWhenPublished) {
  NewFolder folder(folder_ / "a", kSeal);
  seal(folder, "new");
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  folder.publish();
  EXPECT_THAT(names_in(folder_), ElementsAre("a"));
  EXPECT_EQ(contents(folder_ / "a/seal"), "new");
}

TEST_F(NewFolders, ReplaceAnOlderOneAndLeaveNothingIfNotPublished) {
  fs::create_directory(folder_ / "a");
  write("a/seal", "old");
  {
    const NewFolder folder(folder_ / "a", kSeal);
    seal(folder, "lost");
  }
  EXPECT_EQ(contents(folder_ / "a/seal"), "old");
  NewFolder folder(folder_ / "a", kSeal);
  seal(folder, "new");
  folder.publish();
  EXPECT_THAT(names_in(folder_), ElementsAre("a"));
  EXPECT_EQ(contents(folder_ / "a/seal"), "new");
}

TEST_F(NewFolders, MayBeNamedWithASlashAtTheEnd) {
  for (const char* name : {"a/", "a//", "a/.", "a/./"}) {
    NewFolder folder(fs::path(folder_ / name), kSeal);
    EXPECT_EQ(folder.path().parent_path(), folder_) << "beside the target, not in it";
    seal(folder, name);
    folder.publish();
    EXPECT_THAT(names_in(folder_), ElementsAre("a"));
    EXPECT_EQ(contents(folder_ / "a/seal"), name);
  }
}

TEST_F(NewFolders, MakeMissingFoldersAboveThem) {
  NewFolder folder(folder_ / "b/c/a/", kSeal);
  seal(folder, "new");
  folder.publish();
  EXPECT_THAT(names_in(folder_ / "b/c"), ElementsAre("a"));
  EXPECT_EQ(contents(folder_ / "b/c/a/seal"), "new");
}

TEST_F(NewFolders, ThatCannotBeMadeAreNamedWithTheReason) {
  write("file", "not a folder");
  EXPECT_THAT(message_of<IoError>([&] { NewFolder(folder_ / "file/b/a", kSeal); }), HasSubstr("Not a directory"));
  EXPECT_THAT(names_in(folder_), ElementsAre("file"));
}

}  // namespace
}  // namespace cebm

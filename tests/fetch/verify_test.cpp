#include "data/idx_files.h"
#include "fetch/fetch_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Two folders to look in and a set of one .gz file and one plain one.
class Verify : public FetchTest {
 protected:
  void SetUp() override {
    FetchTest::SetUp();
    fs::create_directories(folder_ / "one");
    fs::create_directories(folder_ / "two");
    DataFile images = file_of("x-images-idx3-ubyte.gz", gz(content_));
    images.content_sha256 = sha256(content_);
    images.content_size = content_.size();
    folders_ = {folder_ / "one", folder_ / "two"};
    source_ = source_of({images, file_of("b.bin", "bbb")});
  }
  std::vector<CheckedFile> check() const { return verify(source_, folders_); }

  const std::string content_ = bytes(1000);
  DataSource source_;
  std::vector<fs::path> folders_;
};

TEST_F(Verify, SaysOfEveryFileWhetherItIsGoodDamagedOrMissing) {
  auto found = check();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].state, FileState::missing);
  EXPECT_EQ(found[1].state, FileState::missing);
  EXPECT_FALSE(locate(source_, folders_));

  write("two/x-images-idx3-ubyte.gz", gz(content_));
  write("two/b.bin", "bbc");
  found = check();
  EXPECT_EQ(found[0].state, FileState::good);
  EXPECT_EQ(found[0].path, folder_ / "two/x-images-idx3-ubyte.gz");
  EXPECT_EQ(found[1].state, FileState::damaged);
  EXPECT_THAT(found[1].detail, AllOf(HasSubstr(sha256("bbb")), HasSubstr(sha256("bbc"))));
  EXPECT_EQ(locate(source_, folders_), folder_ / "two");
}

TEST_F(Verify, TheFirstFolderThatHasAFileCounts) {
  write("one/b.bin", "bbc");
  write("two/b.bin", "bbb");
  EXPECT_EQ(check()[1].state, FileState::damaged);
}

TEST_F(Verify, NamesAndCompressionThatReadersAcceptAreGood) {
  folders_ = {folder_ / "one"};
  for (const char* name :
       {"x-images-idx3-ubyte.gz", "x-images-idx3-ubyte", "x-images.idx3-ubyte.gz", "x-images.idx3-ubyte"}) {
    const auto file = write(std::string("one/") + name, content_);
    EXPECT_EQ(check()[0].state, FileState::good) << name;
    write(std::string("one/") + name, content_ + "x");
    EXPECT_EQ(check()[0].state, FileState::damaged) << name;
    fs::remove(file);
  }
}

TEST_F(Verify, OfSeveralNamesTheOneThatReadersTakeCounts) {
  folders_ = {folder_ / "one"};
  write("one/x-images-idx3-ubyte", content_ + "x");
  write("one/x-images-idx3-ubyte.gz", gz(content_));
  EXPECT_EQ(check()[0].state, FileState::damaged);
}

TEST_F(Verify, ContentThatGrowsWithoutEndIsNotReadToIt) {
  folders_ = {folder_ / "one"};
  // Ten gigabytes in ten megabytes: members of a gz file may follow each other.
  const std::string member = gz(std::string(50'000'000, '\0'));
  std::string bomb;
  for (int i = 0; i < 200; ++i) bomb += member;
  write("one/x-images-idx3-ubyte.gz", bomb);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(check()[0].state, FileState::damaged);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Verify, AFolderWithAFilesNameIsDamageUnlessTheFileIsSomewhere) {
  fs::create_directories(folder_ / "one/b.bin");
  EXPECT_EQ(check()[1].state, FileState::damaged);
  EXPECT_FALSE(locate(source_, folders_));
  write("one/b.bin/b.bin", "bbb");
  EXPECT_EQ(check()[1].state, FileState::good) << "as readers take it";
  EXPECT_EQ(check()[1].path, folder_ / "one/b.bin/b.bin");
  EXPECT_EQ(locate(source_, folders_), folder_ / "one");
  fs::remove(folder_ / "one/b.bin/b.bin");
  write("two/b.bin", "bbb");
  EXPECT_EQ(check()[1].state, FileState::good) << "in the next folder";
}

TEST_F(Verify, ALandmarkIsAFileOrAFolderAsItSays) {
  source_.archive = {.folder = "top", .landmark = "one.bin", .unpacked_size = 1000};
  fs::create_directories(folder_ / "one/top/one.bin");
  EXPECT_FALSE(locate(source_, folders_));
  write("one/top/one.bin/one.bin", "as some programs unpack it");
  EXPECT_EQ(locate(source_, folders_), folder_ / "one/top");
  source_.archive.landmark = "more/";
  EXPECT_FALSE(locate(source_, folders_));
  write("one/top/more", "a file");
  EXPECT_FALSE(locate(source_, folders_));
  fs::create_directories(folder_ / "two/top/more");
  EXPECT_EQ(locate(source_, folders_), folder_ / "two/top");
}

}  // namespace
}  // namespace cebm

#include "fetch/archives.h"
#include "fetch/fetch_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A set "toy" that comes as an archive with the folder "pictures".
class ArchiveSet : public FetchTest {
 protected:
  void SetUp() override {
    FetchTest::SetUp();
    serve(
        {{.path = "pictures/one.bin", .content = bytes(50'000)}, {.path = "pictures/more/two.bin", .content = "two"}});
  }

  void serve(const std::vector<ArchiveEntry>& entries) {
    write_archive(folder_ / "toy.tar.gz", entries);
    const std::string content = contents(folder_ / "toy.tar.gz");
    server_.serve("/toy/toy.tar.gz", content);
    toy_ = source_of({file_of("toy.tar.gz", content)});
    toy_.archive = {.folder = "pictures", .landmark = "one.bin", .unpacked_size = 100'000};
  }

  fs::path pictures() const { return target("pictures"); }
  std::vector<CheckedFile> check() const { return verify(toy_, {folder_ / "root/toy"}); }
  static std::vector<FileState> states(const std::vector<CheckedFile>& files) {
    std::vector<FileState> found;
    for (const CheckedFile& file : files) found.push_back(file.state);
    return found;
  }

  DataSource toy_;
};

TEST_F(ArchiveSet, IsUnpackedAndItsArchiveRemoved) {
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(names(), ElementsAre("pictures"));
  EXPECT_THAT(names_in(pictures()), UnorderedElementsAre("one.bin", "more", ".manifest.json"));
  EXPECT_EQ(contents(pictures() / "one.bin"), bytes(50'000));
  EXPECT_EQ(contents(pictures() / "more/two.bin"), "two");
  EXPECT_EQ(run(toy_), FetchOutcome::already_there);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ArchiveSet, IsVerifiedFileByFileAfterUnpacking) {
  run(toy_);
  EXPECT_THAT(states(check()), ElementsAre(FileState::good, FileState::good));
  std::string changed = bytes(50'000);
  changed[17] = static_cast<char>(changed[17] ^ 1);
  write("root/toy/pictures/one.bin", changed);
  fs::remove(pictures() / "more/two.bin");
  const auto found = check();
  EXPECT_THAT(states(found), ElementsAre(FileState::damaged, FileState::missing));
  EXPECT_EQ(found[0].name, "pictures/one.bin");
  EXPECT_THAT(found[0].detail, AllOf(HasSubstr(sha256(bytes(50'000))), HasSubstr(sha256(changed))));
}

TEST_F(ArchiveSet, DamageIsMendedByFetchingAgain) {
  run(toy_);
  write("root/toy/pictures/one.bin", "short");
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(pictures() / "one.bin"), bytes(50'000));
  EXPECT_THAT(names(), ElementsAre("pictures"));
  write("root/toy/pictures/.manifest.json", "{}");
  EXPECT_THAT(states(check()), ElementsAre(FileState::damaged));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(states(check()), ElementsAre(FileState::good, FileState::good));
}

TEST_F(ArchiveSet, AnArchiveThatIsHereAlreadyIsOnlyUnpacked) {
  fs::create_directories(target().parent_path());
  fs::copy_file(folder_ / "toy.tar.gz", target("toy.tar.gz"));
  const auto found = check();
  EXPECT_THAT(states(found), ElementsAre(FileState::good, FileState::missing));
  EXPECT_THAT(found[1].detail, HasSubstr("not unpacked"));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(ArchiveSet, AFolderMadeByHandIsLeftAlone) {
  fs::create_directories(pictures());
  write("root/toy/pictures/one.bin", "mine");
  EXPECT_THAT(refusal(toy_), AllOf(HasSubstr(pictures().string()), HasSubstr("left alone")));
  EXPECT_EQ(contents(pictures() / "one.bin"), "mine");
  EXPECT_THAT(server_.requests(), IsEmpty());
  EXPECT_THAT(states(check()), ElementsAre(FileState::unchecked));
}

TEST_F(ArchiveSet, AHostileArchiveLeavesNothingUnpacked) {
  serve({{.path = "pictures/one.bin", .content = "x"}, {.path = "pictures/../../../escaped", .content = "x"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("leads out of its folder"));
  EXPECT_FALSE(fs::exists(folder_ / "escaped"));
  EXPECT_THAT(names(), ElementsAre("toy.tar.gz"));
}

TEST_F(ArchiveSet, AnArchiveWithoutTheLandmarkIsRefused) {
  serve({{.path = "pictures/other.bin", .content = "x"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("expected pictures/one.bin"));
  EXPECT_FALSE(fs::exists(pictures()));
}

TEST_F(ArchiveSet, WhatAKilledProcessWasUnpackingIsCleanedUp) {
  fs::create_directories(target(".pictures.tmp-999999999"));
  write("root/toy/.pictures.tmp-999999999/one.bin", "half");
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(names(), ElementsAre("pictures"));
}

TEST_F(ArchiveSet, AStopWhileUnpackingKeepsTheArchive) {
  FetchCallbacks stopping;
  stopping.should_stop = [&] { return fs::exists(target("toy.tar.gz")); };
  EXPECT_EQ(fetch(toy_, options(), stopping), FetchOutcome::stopped);
  EXPECT_THAT(names(), ElementsAre("toy.tar.gz"));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ArchiveSet, AManifestNeverLeadsOutOfItsFolder) {
  run(toy_);
  std::string manifest = contents(pictures() / ".manifest.json");
  manifest.replace(manifest.find("more/two.bin"), 12, "../toy.gz/..");
  write("root/toy/pictures/.manifest.json", manifest);
  const auto found = check();
  ASSERT_THAT(states(found), ElementsAre(FileState::damaged));
  EXPECT_THAT(found[0].detail, HasSubstr("leads out"));
}

}  // namespace
}  // namespace cebm

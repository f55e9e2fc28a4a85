#include "data/idx_files.h"
#include "fetch/fetch_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Download = OneFileTest;

TEST_F(Download, AFileArrivesUnderItsNameAndNothingElseIsLeft) {
  server_.serve("/toy/a.bin", content_);
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
  EXPECT_THAT(names(), ElementsAre("a.bin"));
  EXPECT_THAT(server_.requests().at(0).agent, StartsWith("cebm/"));
}

TEST_F(Download, ASecondFetchAsksForNothing) {
  server_.serve("/toy/a.bin", content_);
  run(toy_);
  EXPECT_EQ(run(toy_), FetchOutcome::already_there);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Download, WhatIsThereButWrongIsReplaced) {
  server_.serve("/toy/a.bin", content_);
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin", "something else");
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
  EXPECT_THAT(messages_, HasSubstr("damaged"));
}

TEST_F(Download, ADamagedFileThatReadersWouldPreferIsRemoved) {
  DataFile file = file_of("a.gz", gz("plain"));
  file.content_sha256 = sha256("plain");
  file.content_size = 5;
  server_.serve("/toy/a.gz", gz("plain"));
  fs::create_directories(target().parent_path());
  write("root/toy/a", "plait");
  EXPECT_EQ(run(source_of({file})), FetchOutcome::fetched);
  EXPECT_THAT(names(), ElementsAre("a.gz"));
}

TEST_F(Download, ABrokenTransferGoesOnWhereItStopped) {
  server_.serve("/toy/a.bin", {Answer{.body = content_, .break_off_after = 100'000},
                               Answer{.body = content_, .break_off_after = 50'000}, Answer{.body = content_}});
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
  EXPECT_THAT(ranges(), ElementsAre("", "bytes=100000-", "bytes=150000-"));
}

TEST_F(Download, APartOfAnEarlierFetchIsContinued) {
  server_.serve("/toy/a.bin",
                {Answer{.body = content_, .break_off_after = 1000}, Answer{.status = 503, .body = "later"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("answers 503"));
  EXPECT_THAT(names(), ElementsAre("a.bin.part"));
  EXPECT_EQ(fs::file_size(target("a.bin.part")), 1000U);
  server_.serve("/toy/a.bin", content_);
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(ranges().back(), "bytes=1000-");
  EXPECT_EQ(contents(target()), content_);
}

TEST_F(Download, APartThatIsCompleteIsNotFetchedAgain) {
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin.part", content_);
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(server_.requests(), IsEmpty());
  EXPECT_THAT(names(), ElementsAre("a.bin"));
}

TEST_F(Download, APartWithWrongBytesIsGivenUpForTheWholeFile) {
  server_.serve("/toy/a.bin", content_);
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin.part", bytes(1000, 7));
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(ranges(), ElementsAre("bytes=1000-", ""));
  EXPECT_EQ(contents(target()), content_);
}

TEST_F(Download, APartLargerThanTheFileStartsAgain) {
  server_.serve("/toy/a.bin", content_);
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin.part", content_ + "x");
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
}

TEST_F(Download, AServerThatIgnoresRangesStartsTheFileAnew) {
  server_.serve("/toy/a.bin",
                {Answer{.body = content_, .break_off_after = 100'000}, Answer{.body = content_, .ranges = false}});
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(ranges(), ElementsAre("", "bytes=100000-"));
  EXPECT_EQ(contents(target()), content_);
}

TEST_F(Download, AnotherRangeThanAskedForIsNotAppended) {
  for (const char* range : {"bytes 0-299999/300000", "bytes 99999-299999/300000", "nonsense", ""}) {
    server_.serve("/toy/a.bin", {Answer{.body = content_, .content_range = range}});
    fs::create_directories(target().parent_path());
    write("root/toy/a.bin.part", content_.substr(0, 100'000));
    EXPECT_EQ(run(toy_), FetchOutcome::fetched) << range;
    EXPECT_EQ(ranges().back(), "") << range;
    EXPECT_EQ(contents(target()), content_) << range;
    fs::remove(target());
  }
  EXPECT_THAT(messages_, AllOf(HasSubstr("expected the bytes from 100000 on"), HasSubstr("bytes 99999-299999/300000")));
}

TEST_F(Download, APlaceThatCannotContinueTwiceIsGivenUp) {
  const Answer broken{.body = content_, .break_off_after = 1000};
  const Answer wrong{.body = content_, .content_range = "bytes 0-299999/300000"};
  server_.serve("/toy/a.bin", {broken, wrong, broken, wrong, broken});
  EXPECT_THAT(refusal(toy_), HasSubstr("expected the bytes from 1000 on, found bytes 0-299999/300000"));
  EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(Download, AWrongFileIsRefusedWithBothChecksums) {
  const std::string other = bytes(300'000, 2);
  server_.serve("/toy/a.bin", other);
  EXPECT_THAT(refusal(toy_),
              AllOf(HasSubstr(server_.url("/toy/a.bin")), HasSubstr(sha256(content_)), HasSubstr(sha256(other))));
  EXPECT_FALSE(fs::exists(target().parent_path()));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Download, AnMd5AloneIsChecked) {
  DataSource toy = source_of({{.name = "a.bin", .size = 3, .sha256 = {}, .md5 = "900150983cd24fb0d6963f7d28e17f72"}});
  server_.serve("/toy/a.bin", {Answer{.body = "abd"}, Answer{.body = "abc"}});
  EXPECT_THAT(refusal(toy), AllOf(HasSubstr("MD5 900150983cd24fb0d6963f7d28e17f72"), HasSubstr("found 4911e516")));
  EXPECT_EQ(run(toy), FetchOutcome::fetched);
}

TEST_F(Download, BothChecksumsHaveToBeRight) {
  DataSource toy = source_of({file_of("a.bin", content_)});
  toy.files[0].md5 = "900150983cd24fb0d6963f7d28e17f72";
  server_.serve("/toy/a.bin", content_);
  EXPECT_THAT(refusal(toy), HasSubstr("expected MD5 900150983cd24fb0d6963f7d28e17f72"));
}

TEST_F(Download, AnAnnouncedSizeThatCannotBeRightEndsTheTransferAtOnce) {
  for (const std::size_t size : {content_.size() + 1, content_.size() - 1}) {
    server_.serve("/toy/a.bin", {Answer{.body = bytes(size), .stall_after = 10}});
    EXPECT_THAT(refusal(toy_), AllOf(HasSubstr("announces " + std::to_string(size)), HasSubstr("expected 300000")));
    EXPECT_FALSE(fs::exists(target().parent_path()));
  }
}

TEST_F(Download, MoreBytesThanTheTableSaysAreNotTaken) {
  server_.serve("/toy/a.bin", {Answer{.body = content_ + bytes(1'000'000), .content_length = ""}});
  EXPECT_THAT(refusal(toy_), HasSubstr("sends more than 300000"));
  EXPECT_LE(fs::exists(target("a.bin.part")) ? fs::file_size(target("a.bin.part")) : 0, 300'000U);
}

TEST_F(Download, AContentLengthThatIsTooLargeIsATransferBrokenOff) {
  DataSource toy = toy_;
  toy.files[0].size = 0;
  server_.serve("/toy/a.bin",
                {Answer{.body = content_.substr(0, 200'000), .content_length = "300000"}, Answer{.body = content_}});
  EXPECT_EQ(run(toy), FetchOutcome::fetched);
  EXPECT_THAT(ranges(), ElementsAre("", "bytes=200000-"));
}

TEST_F(Download, AContentLengthThatIsTooSmallGivesAWrongFile) {
  DataSource toy = toy_;
  toy.files[0].size = 0;
  server_.serve("/toy/a.bin", {Answer{.body = content_, .content_length = "1000"}});
  EXPECT_THAT(refusal(toy), HasSubstr("sends another file"));
  EXPECT_FALSE(fs::exists(target().parent_path()));
}

TEST_F(Download, AMissingFileIsNotAskedForAgain) {
  EXPECT_THAT(refusal(toy_), AllOf(HasSubstr(server_.url("/toy/a.bin")), HasSubstr("answers 404")));
  EXPECT_EQ(server_.requests().size(), 1U);
  EXPECT_FALSE(fs::exists(target().parent_path())) << "an empty folder would look like a set";
}

TEST_F(Download, AServerErrorThatPassesIsWaitedFor) {
  server_.serve("/toy/a.bin",
                {Answer{.status = 500, .body = "no"}, Answer{.status = 429, .body = "busy"}, Answer{.body = content_}});
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_THAT(messages_, AllOf(HasSubstr("answers 500"), HasSubstr("(1 of 2)"), HasSubstr("(2 of 2)")));
}

TEST_F(Download, RetriesAreCounted) {
  server_.serve("/toy/a.bin", {Answer{.status = 500, .body = "no"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("answers 500"));
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(Download, AnAttemptThatComesFurtherIsNotCounted) {
  const std::string large = bytes(6'000'000);
  std::vector<Answer> answers;
  for (int i = 0; i < 5; ++i) answers.push_back({.body = large, .break_off_after = 1'100'000});
  answers.push_back({.body = large});
  server_.serve("/toy/a.bin", answers);
  EXPECT_EQ(run(source_of({file_of("a.bin", large)})), FetchOutcome::fetched);
  EXPECT_EQ(server_.requests().size(), 6U);
}

TEST_F(Download, GoingBackAndForthIsNoProgress) {
  const std::string large = bytes(6'000'000);
  std::vector<Answer> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back({.body = large, .ranges = false, .break_off_after = i % 2 == 0 ? 3'000'000 : 1'000'000});
  server_.serve("/toy/a.bin", answers);
  EXPECT_THAT(refusal(source_of({file_of("a.bin", large)})), HasSubstr("closed"));
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(Download, AServerThatStallsIsLeftAndItsBytesAreKept) {
  server_.serve("/toy/a.bin", {Answer{.body = content_, .stall_after = 100'000}, Answer{.body = content_}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_THAT(ranges(), ElementsAre("", "bytes=100000-"));
}

TEST_F(Download, ContentThatWasCompressedDifferentlyIsAsGood) {
  const std::string plain(5000, 'x');
  DataFile file = file_of("a.gz", "the official file");
  file.content_sha256 = sha256(plain);
  file.content_size = plain.size();
  server_.serve("/toy/a.gz", gz(plain));
  EXPECT_EQ(run(source_of({file})), FetchOutcome::fetched);
  EXPECT_EQ(contents(target("a.gz")), gz(plain));
  fs::remove(target("a.gz"));
  server_.serve("/toy/a.gz", gz(plain + "x"));
  EXPECT_THAT(refusal(source_of({file})), HasSubstr("sends another file"));
  server_.serve("/toy/a.gz", gz(plain).substr(0, 20));
  EXPECT_THAT(refusal(source_of({file})), HasSubstr("sends another file"));
}

TEST_F(Download, ProgressCountsWhatWasThereBefore) {
  server_.serve("/toy/a.bin", content_);
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin.part", content_.substr(0, 200'000));
  FetchCallbacks counting;
  std::uint64_t least = ~std::uint64_t{0};
  counting.on_progress = [&](const std::string& file, std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(file, "a.bin");
    EXPECT_EQ(total, content_.size());
    least = std::min(least, done);
  };
  fetch(toy_, options(), counting);
  EXPECT_GE(least, 200'000U);
  EXPECT_LE(least, content_.size());
}

}  // namespace
}  // namespace cebm

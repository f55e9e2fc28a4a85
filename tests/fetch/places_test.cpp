#include "fetch/fetch_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Places = OneFileTest;

TEST_F(Places, EveryPlaceIsTriedAndNamed) {
  DataSource toy = toy_;
  toy.places = {server_.url("/one/"), "http://127.0.0.1:1/", server_.url("/two")};
  server_.serve("/one/a.bin", "wrong");
  EXPECT_THAT(refusal(toy), AllOf(HasSubstr("/one/a.bin: announces 5 bytes"), HasSubstr("http://127.0.0.1:1/a.bin: "),
                                  HasSubstr("/two/a.bin: answers 404")));
  server_.serve("/two/a.bin", content_);
  EXPECT_EQ(run(toy), FetchOutcome::fetched);
}

TEST_F(Places, MirrorsComeFirstAndMayBeAlone) {
  FetchOptions wanted = options();
  wanted.mirrors = {server_.url("/mirror"), server_.url("/exact/a.bin")};
  server_.serve("/toy/a.bin", content_);
  EXPECT_EQ(fetch(toy_, wanted), FetchOutcome::fetched);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].path, "/mirror/a.bin");
  EXPECT_EQ(requests[1].path, "/exact/a.bin");
  fs::remove(target());
  wanted.only_mirrors = true;
  EXPECT_THAT(message_of<DataError>([&] { fetch(toy_, wanted); }), Not(HasSubstr("/toy/a.bin: ans")));
}

TEST_F(Places, AFolderOnThisMachineIsAMirror) {
  fs::create_directories(folder_ / "copy");
  write("copy/a.bin", content_);
  FetchOptions wanted = options();
  wanted.mirrors = {"file://" + (folder_ / "copy").string()};
  fs::create_directories(target().parent_path());
  write("root/toy/a.bin.part", "old");
  EXPECT_EQ(fetch(toy_, wanted), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Places, WhatIsNoUrlIsAConfigurationError) {
  FetchOptions wanted = options();
  for (const char* mirror : {"/a/folder", "ftp://host/", "file://host/a", ""}) {
    wanted.mirrors = {mirror};
    EXPECT_THAT(message_of<ConfigError>([&] { fetch(toy_, wanted); }), HasSubstr("mirror '"));
  }
  wanted.mirrors = {};
  wanted.only_mirrors = true;
  EXPECT_THROW(fetch(toy_, wanted), ConfigError);
  EXPECT_FALSE(fs::exists(folder_ / "root"));
}

TEST_F(Places, RedirectsAreFollowedButNotForEver) {
  server_.serve("/toy/a.bin", {Answer{.status = 302, .body = "moved", .headers = "Location: /elsewhere\r\n"}});
  server_.serve("/elsewhere", content_);
  EXPECT_EQ(run(toy_), FetchOutcome::fetched);
  EXPECT_EQ(contents(target()), content_);
  fs::remove(target());
  server_.serve("/elsewhere", {Answer{.status = 302, .headers = "Location: /toy/a.bin\r\n"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("redirects"));
}

TEST_F(Places, ARedirectNeverReadsAFileOfThisMachine) {
  write("secret", content_);
  server_.serve("/toy/a.bin",
                {Answer{.status = 302, .headers = "Location: file://" + (folder_ / "secret").string() + "\r\n"}});
  EXPECT_THAT(refusal(toy_), HasSubstr("rotocol"));
  EXPECT_FALSE(fs::exists(target().parent_path()));
}

TEST_F(Places, OnlyTheFilesAskedForAreFetched) {
  const DataSource two = source_of({file_of("a.bin", content_), file_of("b.bin", "b")});
  server_.serve("/toy/b.bin", "b");
  FetchOptions wanted = options();
  wanted.only = {"b.bin"};
  EXPECT_EQ(fetch(two, wanted), FetchOutcome::fetched);
  EXPECT_THAT(names(), ElementsAre("b.bin"));
  wanted.only = {"c.bin"};
  EXPECT_THAT(message_of<ConfigError>([&] { fetch(two, wanted); }),
              AllOf(HasSubstr("c.bin"), HasSubstr("a.bin b.bin")));
}

}  // namespace
}  // namespace cebm

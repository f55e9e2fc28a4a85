#include "fetch/unpack.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <gmock/gmock.h>

#include "fetch/archives.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Unpacking : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    fs::create_directory(into());
    write("victim", "precious");
  }
  fs::path into() const { return folder_ / "into"; }

  std::vector<std::string> paths_of(const std::vector<ArchiveEntry>& entries, ArchiveKind kind = ArchiveKind::tar_gz) {
    write_archive(folder_ / "archive", entries, kind);
    std::vector<std::string> paths;
    const auto files = unpack(folder_ / "archive", "top", into(), limits_);
    for (const UnpackedFile& file : files.value()) {
      EXPECT_EQ(sha256_of_file(into() / file.path), file.sha256);
      EXPECT_EQ(fs::file_size(into() / file.path), file.size);
      paths.push_back(file.path);
    }
    return paths;
  }

  /// The message of the refusal; nothing outside the folder was made or changed.
  std::string refusal(const std::vector<ArchiveEntry>& entries, ArchiveKind kind = ArchiveKind::tar_gz) {
    write_archive(folder_ / "archive", entries, kind);
    const std::string message = message_of<DataError>([&] { unpack(folder_ / "archive", "top", into(), limits_); });
    EXPECT_THAT(message, HasSubstr((folder_ / "archive").string()));
    EXPECT_THAT(names_in(folder_), testing::UnorderedElementsAre("archive", "into", "victim"));
    EXPECT_EQ(contents(folder_ / "victim"), "precious");
    fs::remove_all(into());
    fs::create_directory(into());
    return message;
  }

  UnpackLimits limits_{.bytes = 100'000, .entries = 20};
};

TEST_F(Unpacking, FilesAndFoldersOfTarAndZipArrive) {
  const std::vector<ArchiveEntry> entries = {{.path = "top/", .type = AE_IFDIR},
                                             {.path = "top/a.txt", .content = "one"},
                                             {.path = "./top/deep/er/b.txt", .content = std::string(50'000, 'b')},
                                             {.path = "top/deep/.hidden", .content = ""}};
  for (const ArchiveKind kind : {ArchiveKind::tar_gz, ArchiveKind::zip}) {
    EXPECT_THAT(paths_of(entries, kind), ElementsAre("a.txt", "deep/er/b.txt", "deep/.hidden"));
    EXPECT_EQ(contents(into() / "a.txt"), "one");
    EXPECT_EQ(contents(into() / "deep/er/b.txt"), std::string(50'000, 'b'));
    fs::remove_all(into());
  }
}

TEST_F(Unpacking, WhatLiesBesideTheFolderIsPassedOver) {
  EXPECT_THAT(paths_of({{.path = "topping/x", .content = "x"}, {.path = "top/a", .content = "a"}, {.path = "b"}}),
              ElementsAre("a"));
  EXPECT_THAT(names_in(into()), ElementsAre("a"));
}

TEST_F(Unpacking, AnArchiveWithoutTheFolderIsRefused) {
  EXPECT_THAT(refusal({{.path = "other/a", .content = "a"}}), HasSubstr("expected files in a folder 'top'"));
}

TEST_F(Unpacking, PathsThatLeaveTheFolderAreRefused) {
  EXPECT_THAT(refusal({{.path = "top/../../victim", .content = "x"}}), HasSubstr("leads out of its folder"));
  EXPECT_THAT(refusal({{.path = "..", .type = AE_IFDIR}}), HasSubstr("leads out of its folder"));
  EXPECT_THAT(refusal({{.path = "top/a/..", .type = AE_IFDIR}}), HasSubstr("leads out of its folder"));
  EXPECT_THAT(refusal({{.path = (folder_ / "victim").string(), .content = "x"}}), HasSubstr("is absolute"));
  EXPECT_THAT(refusal({{.path = "../beside", .content = "x"}, {.path = "top/a"}}), HasSubstr("leads out"));
}

TEST_F(Unpacking, AFileThroughALinkIsRefused) {
  EXPECT_THAT(refusal({{.path = "top/link", .type = AE_IFLNK, .symlink = folder_.string()},
                       {.path = "top/link/victim", .content = "x"}}),
              AllOf(HasSubstr("top/link"), HasSubstr("symbolic link")));
  EXPECT_THAT(refusal({{.path = "top/in", .content = "x"}, {.path = "top/link", .type = AE_IFLNK, .symlink = "in"}}),
              HasSubstr("symbolic link"));
}

TEST_F(Unpacking, AHostileZipIsRefusedLikeATar) {
  EXPECT_THAT(refusal({{.path = "top/../../victim", .content = "x"}}, ArchiveKind::zip), HasSubstr("leads out"));
  EXPECT_THAT(refusal({{.path = "top/link", .type = AE_IFLNK, .symlink = folder_.string()},
                       {.path = "top/link/victim", .content = "x"}},
                      ArchiveKind::zip),
              HasSubstr("symbolic link"));
  EXPECT_THAT(refusal({{.path = "top/zeros", .content = std::string(1'000'000, '\0')}}, ArchiveKind::zip),
              HasSubstr("100000 bytes"));
}

TEST_F(Unpacking, HardLinksAreRefused) {
  EXPECT_THAT(refusal({{.path = "top/a", .content = "x"},
                       {.path = "top/link", .hardlink = (folder_ / "victim").string()},
                       {.path = "top/link", .content = "overwritten"}}),
              AllOf(HasSubstr("top/link"), HasSubstr("hard link")));
}

TEST_F(Unpacking, DevicesAndPipesAreRefused) {
  EXPECT_THAT(refusal({{.path = "top/null", .type = AE_IFCHR}}), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(refusal({{.path = "top/disk", .type = AE_IFBLK}}), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(refusal({{.path = "top/pipe", .type = AE_IFIFO}}), HasSubstr("neither a file nor a folder"));
}

TEST_F(Unpacking, ContentBeyondTheLimitIsRefused) {
  // A megabyte of zeros is a kilobyte of gz.
  EXPECT_THAT(refusal({{.path = "top/zeros", .content = std::string(1'000'000, '\0')}}),
              AllOf(HasSubstr("top/zeros"), HasSubstr("100000 bytes")));
  EXPECT_THAT(refusal({{.path = "top/a", .content = std::string(60'000, 'a')},
                       {.path = "top/b", .content = std::string(60'000, 'b')}}),
              HasSubstr("top/b"));
  EXPECT_THAT(refusal({{.path = "top/sparse", .content = "x", .hole = std::int64_t{1} << 40}}),
              HasSubstr("top/sparse"));
}

TEST_F(Unpacking, ASizeThatIsTooSmallIsNotBelieved) {
  write_archive(folder_ / "archive", {{.path = "top/zeros", .content = std::string(1'000'000, '\0')}},
                ArchiveKind::zip);
  std::string zip = contents(folder_ / "archive");
  const std::string told("\x40\x42\x0f\x00", 4);  // 1,000,000
  const std::string lie("\x64\x00\x00\x00", 4);
  int changed = 0;
  for (std::size_t at = zip.find(told); at != std::string::npos; at = zip.find(told, at), ++changed) {
    zip.replace(at, 4, lie);
  }
  ASSERT_GT(changed, 0);
  write("archive", zip);
  EXPECT_THAT(message_of<DataError>([&] { unpack(folder_ / "archive", "top", into(), limits_); }),
              HasSubstr("100000 bytes"));
}

TEST_F(Unpacking, TooManyEntriesAreRefused) {
  std::vector<ArchiveEntry> many;
  for (int i = 0; i < 21; ++i) many.push_back({.path = "top/" + std::to_string(i)});
  EXPECT_THAT(refusal(many), HasSubstr("more than 20 entries"));
}

TEST_F(Unpacking, FilesThatGetInEachOthersWayAreRefused) {
  EXPECT_THAT(refusal({{.path = "top/a", .content = "1"}, {.path = "top/a", .content = "2"}}),
              HasSubstr("comes twice"));
  EXPECT_THAT(refusal({{.path = "top/a", .content = "1"}, {.path = "top/a/b", .content = "2"}}),
              HasSubstr("needs a file to be a folder"));
  EXPECT_THAT(refusal({{.path = "top", .content = "1"}}), HasSubstr("not free"));
  EXPECT_THAT(refusal({{.path = "top/.manifest.json", .content = "{}"}}), HasSubstr("not free"));
}

TEST_F(Unpacking, NamesThatAreNoPlainTextAreRefused) {
  const std::string message = refusal({{.path = "top/\x1b[31mred", .content = "x"}});
  EXPECT_THAT(message, AllOf(HasSubstr("control character"), HasSubstr("?[31mred")));
  EXPECT_THAT(refusal({{.path = "top\\..\\x", .content = "x"}}), HasSubstr("backslash"));
  EXPECT_THAT(refusal({{.path = "top/" + std::string(256, 'n'), .content = "x"}}), HasSubstr("255 bytes"));
  std::string deep = "top";
  for (int i = 0; i < 40; ++i) deep += "/d";
  EXPECT_THAT(refusal({{.path = deep, .content = "x"}}), HasSubstr("32 folders"));
}

TEST_F(Unpacking, DamagedArchivesAndOtherFilesAreNamed) {
  write("archive", "no archive at all");
  EXPECT_THAT(message_of<DataError>([&] { unpack(folder_ / "archive", "top", into(), limits_); }),
              AllOf(HasSubstr("archive"), HasSubstr("expected an intact archive")));
  write_archive(folder_ / "archive", {{.path = "top/a", .content = std::string(90'000, 'a') + "end"}});
  const std::string whole = contents(folder_ / "archive");
  write("archive", whole.substr(0, whole.size() / 2));
  EXPECT_THROW(unpack(folder_ / "archive", "top", into(), limits_), DataError);
  EXPECT_THROW(unpack(folder_ / "missing", "top", into(), limits_), DataError);
}

TEST_F(Unpacking, AStopEndsItBetweenEntries) {
  write_archive(folder_ / "archive", {{.path = "top/a", .content = "a"}, {.path = "top/b", .content = "b"}});
  int calls = 0;
  EXPECT_FALSE(unpack(folder_ / "archive", "top", into(), limits_, [&] { return ++calls > 1; }));
  EXPECT_THAT(names_in(into()), ElementsAre("a"));
}

TEST(SafePath, NamesThatAManifestCannotListAreRefused) {
  EXPECT_EQ(safe_path("caf\xc3\xa9/1"), "caf\xc3\xa9/1");
  EXPECT_THAT(message_of<DataError>([] { safe_path("a/caf\xe9/1"); }),
              AllOf(HasSubstr("'a/caf\\xE9/1'"), HasSubstr("UTF-8")));
}

TEST(SafePath, PlainPathsAreCleanedAndKept) {
  EXPECT_EQ(safe_path("./a//b/./c.txt/"), "a/b/c.txt");
  EXPECT_EQ(safe_path("..."), "...");
  EXPECT_EQ(safe_path("a..b/.c"), "a..b/.c");
  EXPECT_EQ(safe_path("./"), "");
  EXPECT_THROW(safe_path(""), DataError);
}

}  // namespace
}  // namespace cebm

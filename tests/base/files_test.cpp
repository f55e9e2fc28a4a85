#include <cebm/errors.h>
#include <cebm/files.h>
#include <gmock/gmock.h>

#include <stdexcept>

#include "base/durable/new_file.h"
#include "support/file_size_limit.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Files = FolderTest;

TEST_F(Files, WritingReplacesTheWholeFileAndLeavesNothingElse) {
  write_file_atomically(folder_ / "a.txt", "a long first version");
  write_file_atomically(folder_ / "a.txt", std::string_view("x\0y", 3));
  EXPECT_EQ(read_file(folder_ / "a.txt"), std::string("x\0y", 3));
  EXPECT_THAT(names_in(folder_), ElementsAre("a.txt"));
}

TEST_F(Files, PiecesAreWrittenInOrder) {
  write_file_atomically(folder_ / "a", [](const Append& append) {
    for (int i = 0; i < 1000; ++i) append(std::to_string(i) + ",");
  });
  const std::string content = read_file(folder_ / "a");
  EXPECT_EQ(content.size(), 10 * 2 + 90 * 3 + 900 * 4);
  EXPECT_TRUE(content.starts_with("0,1,2,") && content.ends_with("998,999,"));
}

TEST_F(Files, AnInterruptedWriteKeepsTheOldFileAndNothingOfTheNew) {
  write_file_atomically(folder_ / "a", "old");
  const auto half = [](const Append& append) {
    append("new");
    throw std::runtime_error("stop");
  };
  EXPECT_THROW(write_file_atomically(folder_ / "a", half), std::runtime_error);
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_THAT(names_in(folder_), ElementsAre("a"));
}

TEST_F(Files, AWriteThatDoesNotFitNamesTheFileAndLeavesNothing) {
  const FileSizeLimit limit(1000);
  const auto call = [&] { write_file_atomically(folder_ / "big", std::string(5000, 'x')); };
  EXPECT_THAT(message_of<IoError>(call), AllOf(HasSubstr((folder_ / "big").string()), HasSubstr("File too large")));
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Files, OneThatHasTheContentAlreadyStaysEvenWithoutRoom) {
  write("a", "content");
  const FileSizeLimit limit(1);
  EXPECT_NO_THROW(write_if_other(folder_ / "a", "content"));
  for (const char* other : {"contend", "contents"}) EXPECT_THROW(write_if_other(folder_ / "a", other), IoError);
  EXPECT_THROW(write_if_other(folder_ / "b", "content"), IoError);
  EXPECT_EQ(read_file(folder_ / "a"), "content");
}

TEST_F(Files, TheFirstNameThatIsARegularFileIsFound) {
  const std::vector<std::string> names = {"a", "a.gz"};
  EXPECT_FALSE(find_file(folder_, names));
  fs::create_directory(folder_ / "a");
  EXPECT_FALSE(find_file(folder_, names)) << "a folder is no file";
  write("a/a.gz", "inside");
  EXPECT_EQ(find_file(folder_, names), folder_ / "a/a.gz");
  write("a/a", "inside");
  EXPECT_EQ(find_file(folder_, names), folder_ / "a/a");
  write("a.gz", "beside the folder");
  EXPECT_EQ(find_file(folder_, names), folder_ / "a.gz");
  fs::remove_all(folder_ / "a");
  fs::create_symlink("a.gz", folder_ / "a");
  EXPECT_EQ(find_file(folder_, names), folder_ / "a") << "a link to a file";
  fs::remove(folder_ / "a.gz");
  EXPECT_FALSE(find_file(folder_, names)) << "a link to nowhere";
}

TEST_F(Files, AFolderThatIsAFileIsNamedWithTheReason) {
  write("plain", "");
  const fs::path target = folder_ / "plain" / "a";
  EXPECT_THAT(message_of<IoError>([&] { write_file_atomically(target, "x"); }),
              AllOf(HasSubstr(target.string()), HasSubstr("Not a directory")));
}

TEST_F(Files, AMissingFolderIsNamedWithTheReason) {
  const fs::path target = folder_ / "missing" / "a";
  EXPECT_THAT(message_of<IoError>([&] { write_file_atomically(target, "x"); }),
              AllOf(HasSubstr(target.string()), HasSubstr("No such file or directory")));
}

TEST_F(Files, WhatIsNotARegularFileIsNeverReplaced) {
  EXPECT_THAT(message_of<IoError>([] { write_file_atomically("/dev/full", "x"); }), HasSubstr("not a regular file"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  fs::create_directory(folder_ / "sub");
  EXPECT_THROW(write_file_atomically(folder_ / "sub", "x"), IoError);
  EXPECT_THROW(write_file_atomically(folder_ / "", "x"), IoError);
}

TEST_F(Files, ReadingStopsAtTheLimit) {
  const fs::path file = write("a", "12345");
  EXPECT_EQ(read_file(file, 5), "12345");
  EXPECT_THAT(message_of<IoError>([&] { read_file(file, 4); }), AllOf(HasSubstr(file.string()), HasSubstr("4 bytes")));
  EXPECT_THROW(read_file("/dev/zero", 100), IoError);
}

TEST_F(Files, ReadingWhatIsMissingOrAFolderGivesTheReason) {
  EXPECT_THAT(message_of<IoError>([&] { read_file(folder_ / "no"); }), HasSubstr("No such file or directory"));
  EXPECT_THAT(message_of<IoError>([&] { read_file(folder_); }), HasSubstr("Is a directory"));
}

TEST_F(Files, AWritableDirectoryIsMadeAndLeftEmpty) {
  require_writable_directory(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  EXPECT_THAT(names_in(folder_ / "a" / "b"), IsEmpty());
}

TEST_F(Files, ADirectoryThatCannotBeWrittenIsRefused) {
  write("plain", "");
  EXPECT_THAT(message_of<IoError>([&] { require_writable_directory(folder_ / "plain" / "run"); }),
              HasSubstr((folder_ / "plain" / "run").string()));
  EXPECT_THROW(require_writable_directory(folder_ / "plain"), IoError);
  const FileSizeLimit limit(0);
  EXPECT_THAT(message_of<IoError>([&] { require_writable_directory(folder_); }), HasSubstr("cannot be written to"));
}

TEST_F(Files, Sha256GivesThePublishedDigests) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(sha256(million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  const std::string longer = million + million;  // more than one block of the file reader
  EXPECT_EQ(sha256_of_file(write("a", longer)), sha256(longer));
  EXPECT_EQ(sha256_of_file(write("empty", "")), sha256(""));
  EXPECT_THROW(sha256_of_file(folder_ / "missing"), IoError);
}

}  // namespace
}  // namespace cebm

#include "io/describe_content.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <cebm/safetensors.h>
#include <gmock/gmock.h>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kPointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 123456\n";

/// The first bytes of a ZIP archive whose first entry has this name.
std::string zip(const std::string& name) {
  return std::string("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 26) + static_cast<char>(name.size()) +
         std::string("\0\0\0", 3) + name + "\x80\2";
}

TEST(DescribeContent, SaysWhatIsOftenFoundInAFilesPlace) {
  const std::pair<std::string, std::string> kinds[] = {
      {"", "an empty file"},
      {kPointer, "a Git LFS pointer (git lfs pull"},
      {"<!DOCTYPE html><html><head>", "an HTML page"},
      {"\n <HTML lang=\"en\">", "an HTML page"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "an XML document"},
      {"{\"weights\": [1, 2]}", "JSON text that begins with '{\"weights\": [1, 2]}'"},
      {"model:\n  name: cebm\n", "text that begins with 'model:'"},
      {" \n\n", "blank text"},
      {zip("archive/data.pkl"), "weights in PyTorch's own format"},
      {zip("arr_0.npy"), "a ZIP archive of NumPy arrays (.npz)"},
      {zip("notes.txt"), "a ZIP archive"},
      {"PK\3\4", "a ZIP archive"},
      {std::string("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.\x80\x02M", 18),
       "weights in PyTorch's own format"},
      {"\x80\x04\x95", "a Python pickle"},
      {"\x89HDF\r\n\x1A\n", "an HDF5 file"},
      {"\x08\x07\x12\x07pytorch", "an ONNX model"},
      {std::string("GGUF\3\0\0\0", 8), "a GGUF model"},
      {std::string("\x1F\x8B\x08\0\0\0\0\0\0\3", 10), "gzip data"},
      {std::string("\x40\0\0\0\0\0\0\0{\"w\":", 13), "safetensors weights"},
      {std::string("\x80\2\0\0\0\0\0\0{\"w\":", 13), "safetensors weights"},
      {std::string(600, '\0'), "zeros only"},
      {"\x93NUMPY\x01", "a NumPy array"},
      {std::string(257, '\1') + "ustar", "a tar archive"},
      {"\xFF\xFE\1\2\3", "unknown content"}};
  for (const auto& [bytes, description] : kinds) {
    EXPECT_THAT(describe_content(bytes), StartsWith(description)) << testing::PrintToString(bytes.substr(0, 20));
  }
}

TEST(DescribeContent, TextIsShownByItsFirstLineAndNeverInHalfACharacter) {
  EXPECT_EQ(describe_content("first\nsecond"), "text that begins with 'first'");
  const std::string letters = "x" + std::string(30, 'y') + "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4";
  EXPECT_EQ(describe_content(letters), "text that begins with '" + letters.substr(0, 39) + "'");
}

using OtherContent = FolderTest;

TEST_F(OtherContent, ReadersSayWhatTheirFileIs) {
  const std::pair<std::string, std::string> kinds[] = {
      {kPointer, "found a Git LFS pointer"},
      {zip("archive/data.pkl"), "safetensors.torch.save_file"},
      {"<html></html>", "found an HTML page"},
      {std::string("\x1F\x8B\x08\0\0\0\0\0\0\3", 10), "found gzip data"},
      {"", "found an empty file"},
      {"{\"a\": 1}\n", "found JSON text"}};
  for (const auto& [bytes, description] : kinds) {
    const auto file = write("other", bytes);
    EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(file); }),
                AllOf(StartsWith(file.string() + ": "), HasSubstr(description)));
    EXPECT_THAT(message_of<DataError>([&] { read_npy(file); }),
                AllOf(StartsWith(file.string() + ": "), HasSubstr(description)));
    EXPECT_THAT(message_of<DataError>([&] { read_png(file); }),
                AllOf(StartsWith(file.string() + ": "), HasSubstr(description)));
  }
}

}  // namespace
}  // namespace cebm

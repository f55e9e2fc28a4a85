#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/safetensors.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdint>

#include "support/file_size_limit.h"
#include "support/folder_test.h"

namespace cebm::safetensors_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path kPython = std::filesystem::path(CEBM_TEST_REFERENCE) / "python.safetensors";

at::Tensor of_type(std::initializer_list<double> values, at::ScalarType type) {
  return at::tensor(std::vector<double>(values), at::kDouble).to(type);
}

/// What tests/reference/python_arrays.py stored.
TensorMap python_tensors() {
  return {{"bool", of_type({1, 0, 1}, at::kBool)},
          {"u8", of_type({0, 255}, at::kByte)},
          {"i8", of_type({-128, 127}, at::kChar)},
          {"i16", of_type({-32768, 32767}, at::kShort)},
          {"f16", of_type({0.5, -2}, at::kHalf)},
          {"bf16", of_type({0.5, -2, 3}, at::kBFloat16)},
          {"i32", of_type({-7, 8}, at::kInt).view({2, 1})},
          {"f32", at::arange(6, at::kFloat).view({2, 3}) / 4},
          {"f64", at::scalar_tensor(0.1, at::kDouble)},
          {"i64", at::tensor({std::int64_t{1} << 62, std::int64_t{-1}}, at::kLong)},
          {"empty", at::zeros({0, 3})}};
}

void expect_same(const TensorMap& found, const TensorMap& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_EQ(found.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
  }
}

std::string file_bytes(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

using Safetensors = FolderTest;

TEST_F(Safetensors, WhatPythonWroteIsRead) { expect_same(load_safetensors(kPython), python_tensors()); }

TEST_F(Safetensors, TheSameTensorsGiveTheSameBytesAsPythons) {
  save_safetensors(folder_ / "a", python_tensors(), {{"source", "python_arrays.py"}});
  EXPECT_EQ(read_file(folder_ / "a"), read_file(kPython));
}

TEST_F(Safetensors, WhatWasSavedIsLoadedWhateverTheLayout) {
  const at::Tensor strided = at::arange(12, at::kFloat).view({3, 4}).t().slice(0, 1, 3);
  ASSERT_FALSE(strided.is_contiguous());
  const TensorMap tensors{{"strided", strided},
                          {"expanded", at::scalar_tensor(2.5).expand({4, 2})},
                          {"grad", at::ones({2}).set_requires_grad(true)},
                          {"\xce\xbb \"quoted\"\n", at::ones({1})},
                          {"", at::zeros({1})}};
  save_safetensors(folder_ / "a", tensors);
  expect_same(load_safetensors(folder_ / "a"), tensors);
}

TEST_F(Safetensors, NoTensorsMakeAFileToo) {
  save_safetensors(folder_ / "a", {});
  EXPECT_THAT(load_safetensors(folder_ / "a"), IsEmpty());
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  const std::string whole = read_file(kPython);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto file = write("cut", std::string_view(whole).substr(0, length));
    EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(file); }), HasSubstr(file.string())) << length;
  }
  EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(write("longer", whole + "x")); }),
              HasSubstr("1 more bytes"));
}

TEST_F(Safetensors, AMissingFileGivesTheReason) {
  EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(folder_ / "no"); }),
              HasSubstr("No such file or directory"));
}

struct Damage {
  const char* header;
  const char* message;
};

// Eight bytes of data follow every header.
TEST_F(Safetensors, ADamagedHeaderIsRefusedWithItsReason) {
  const std::vector<Damage> damages{
      Damage{"not json", "not JSON"},
      Damage{"[]", "not a JSON object"},
      Damage{"{}", "8 more bytes"},
      Damage{R"({"a":1})", "'shape' is not a list"},
      Damage{R"({"a":{"dtype":"F32","shape":[2]}})", "'data_offsets' is not a list"},
      Damage{R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "'shape' is not a list"},
      Damage{R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "'shape' is not a list"},
      Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "needs two numbers"},
      Damage{R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", "unknown type F31"},
      Damage{R"({"a":{"shape":[2],"data_offsets":[0,8]}})", "unknown type null"},
      Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "outside"},
      Damage{R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})", "outside"},
      Damage{R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[18446744073709551608,18446744073709551615]}})",
             "outside"},
      Damage{R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "takes 12 bytes, its data have 8"},
      Damage{R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", "too large"},
      Damage{R"({"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}})", "too large"},
      Damage{
          R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
          "overlaps"},
      Damage{
          R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
          "leaves a gap"},
      Damage{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", "leaves a gap"},
      Damage{
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
          "twice"},
      Damage{R"({"a":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}})", "neither 0 nor 1"}};
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.header);
    const auto file = write("bad", file_bytes(damage.header, std::string(8, '\2')));
    EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(file); }),
                AllOf(HasSubstr(file.string()), HasSubstr("at byte "), HasSubstr(damage.message)));
  }
}

TEST_F(Safetensors, ADeeplyNestedHeaderIsRefused) {
  const std::string deep(1 << 20, '[');
  for (const std::string& header :
       {deep, R"({"a":)" + deep, R"({"a":{"shape":[2],"data_offsets":[0,8],"dtype":)" + deep,
        R"({"a":{"dtype":"F32","data_offsets":[0,8],"shape":)" + deep + std::string(1 << 20, ']') + "}}"}) {
    const auto file = write("deep", file_bytes(header, std::string(8, '\0')));
    EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(file); }), HasSubstr("nested too deeply"));
  }
}

TEST_F(Safetensors, AHeaderLongerThanTheFileOrTheFormatAllowsIsRefused) {
  std::string bytes = file_bytes("{}", "");
  bytes[0] = 3;
  EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(write("a", bytes)); }), HasSubstr("truncated"));
  bytes[7] = 1;
  EXPECT_THAT(message_of<CheckpointError>([&] { load_safetensors(write("a", bytes)); }),
              HasSubstr("at most 100000000"));
}

TEST_F(Safetensors, WhatTheFormatCannotHoldIsRefusedBeforeAFileIsMade) {
  const auto save = [&](const std::string& name, const at::Tensor& tensor) {
    return message_of<IoError>([&] { save_safetensors(folder_ / "a", {{name, tensor}}); });
  };
  EXPECT_THAT(save("x", at::zeros({1}, at::kComplexFloat)), HasSubstr("'x'"));
  EXPECT_THAT(save("x", at::Tensor()), HasSubstr("undefined"));
  EXPECT_THAT(save("\xff", at::zeros({1})), HasSubstr("UTF-8"));
  EXPECT_THAT(save("__metadata__", at::zeros({1})), HasSubstr("reserved"));
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Safetensors, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  try {
    load_safetensors(folder_ / "pipe");
    FAIL();
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr((folder_ / "pipe").string()), HasSubstr("found a directory, a pipe")));
  }
}

TEST_F(Safetensors, AWriteThatDoesNotFitLeavesNothing) {
  const FileSizeLimit limit(10'000);
  EXPECT_THROW(save_safetensors(folder_ / "a", {{"x", at::zeros({10'000})}}), IoError);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

}  // namespace
}  // namespace cebm::safetensors_test

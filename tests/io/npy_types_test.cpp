// Arrays as NumPy and other writers store them.
#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// A file of format version `version` with this header.
std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0' + static_cast<char>(header.size()) + '\0';
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

class NpyTypes : public FolderTest {
 protected:
  at::Tensor read(const std::string& bytes) const { return read_npy(write("a.npy", bytes)); }
  std::string refused(const std::string& bytes) const {
    const auto file = write("a.npy", bytes);
    return message_of<DataError>([&] { read_npy(file); });
  }
  void expect(const std::string& bytes, const at::Tensor& expected) const {
    const at::Tensor found = read(bytes);
    EXPECT_EQ(found.scalar_type(), expected.scalar_type()) << bytes;
    EXPECT_TRUE(found.equal(expected)) << bytes << found;
  }
};

TEST_F(NpyTypes, EveryWidthAndByteOrderIsRead) {
  expect(npy(header(">f8", "(2,)"), std::string("\x3F\xF8\0\0\0\0\0\0\xC0\0\0\0\0\0\0\0", 16)),
         at::tensor({1.5, -2.0}, at::kDouble));
  expect(npy(header(">f4", "(1,)"), std::string("\x3F\xC0\0\0", 4)), at::tensor({1.5}, at::kFloat));
  expect(npy(header("<f2", "(2,)"), std::string("\0\x3E\0\xC0", 4)), at::tensor({1.5, -2.0}).to(at::kHalf));
  expect(npy(header(">i2", "(2,)"), "\xFF\xFE\1\2"), at::tensor({-2, 258}).to(at::kShort));
  expect(npy(header("<i4", "(1,)"), "\xFE\xFF\xFF\xFF"), at::tensor({-2}, at::kInt));
  expect(npy(header("|i1", "(2,)"), "\xFE\2"), at::tensor({-2, 2}).to(at::kChar));
  expect(npy(header("<i8", "(1,)"), std::string(8, '\xFF')), at::tensor({-1}, at::kLong));
  expect(npy(header("|u1", "(1,)"), "\xFE"), at::tensor({254}).to(at::kByte));
  expect(npy(header("<u2", "(2,)"), std::string("\xFE\xFF\1\0", 4)), at::tensor({65534, 1}, at::kInt));
  expect(npy(header(">u4", "(1,)"), "\xFF\xFF\xFF\xFE"), at::tensor({4294967294}, at::kLong));
  expect(npy(header("<u8", "(1,)"), std::string("\1\0\0\0\0\0\0\x40", 8)),
         at::tensor({(std::int64_t{1} << 62) + 1}, at::kLong));
  expect(npy(header("|b1", "(3,)"), std::string("\0\1\2", 3)), at::tensor({0, 1, 1}).to(at::kBool));
  expect(npy(header("=i2", "(1,)"), std::string("\1\0", 2)), at::tensor({1}).to(at::kShort));
}

TEST_F(NpyTypes, EmptyArraysTakeNoMemoryForTheirRows) {
  expect(npy(header("<u8", "(0, 3)"), ""), at::zeros({0, 3}, at::kLong));
  expect(npy(header("<u8", "(0,)"), ""), at::zeros({0}, at::kLong));
  // A byte for each row would be 256 petabytes.
  EXPECT_EQ(read(npy(header("<u8", "(288230376151711744, 0)"), "")).numel(), 0);
}

TEST_F(NpyTypes, FortranOrderIsTurned) {
  const std::string data("\1\2\3\4\5\6", 6);
  expect(npy(header("|u1", "(2, 3)", true), data), at::tensor({1, 3, 5, 2, 4, 6}).to(at::kByte).view({2, 3}));
  expect(npy(header("|u1", "(6,)", true), data), at::tensor({1, 2, 3, 4, 5, 6}).to(at::kByte));
  expect(npy(header("|u1", "(1, 2, 3)", true), data), at::tensor({1, 3, 5, 2, 4, 6}).to(at::kByte).view({1, 2, 3}));
  expect(npy(header("|u1", "(3, 0)", true), ""), at::zeros({3, 0}, at::kByte));
  expect(npy(header("|u1", "()", true), "\7"), at::scalar_tensor(7, at::kByte));
  EXPECT_TRUE(read(npy(header("|u1", "(2, 3)", true), data)).is_contiguous());
}

TEST_F(NpyTypes, HeadersAreReadAsOthersWriteThem) {
  const at::Tensor expected = at::tensor({7, 8}).to(at::kByte);
  for (const std::string dictionary :
       {"{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}", "{'descr':'|u1','fortran_order':False,'shape':(2,)}",
        "{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2,), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }   \n",
        " { 'descr' : 'u1' ,\n 'fortran_order' : False , 'shape' : ( 2 , ) , } "}) {
    expect(npy(dictionary, "\7\10"), expected);
  }
  for (const char version : {'\2', '\3'}) expect(npy(header("|u1", "(2,)"), "\7\10", version), expected);
  EXPECT_THAT(refused(npy(header("|u1", "(2,)"), "\7\10", 4)), HasSubstr("version 1, 2 or 3"));
}

TEST_F(NpyTypes, OtherDictionariesAreNone) {
  for (const std::string dictionary :
       {"{'descr': '|u1', 'fortran_order': False, 'shape': (2)}", "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}", "{'descr': [, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)", "{'descr': '|u1\", 'fortran_order': False}"}) {
    EXPECT_THAT(refused(npy(dictionary, "\7\10")), HasSubstr("expected a header")) << dictionary;
  }
}

TEST_F(NpyTypes, WhatHoldsNoNumbersIsNamed) {
  const std::pair<std::string, std::string> kinds[] = {
      {"<f16", "long double"}, {"<c16", "complex numbers"}, {"|O", "Python objects"}, {"<U5", "strings"},
      {"|S5", "byte strings"}, {"<M8[ns]", "dates"},        {"|V8", "raw bytes"}};
  for (const auto& [descr, meaning] : kinds) {
    EXPECT_THAT(refused(npy(header(descr, "(1,)"), "12345678")),
                AllOf(HasSubstr("found '" + descr + "' (" + meaning + ")"), HasSubstr("astype(\"float64\")")));
  }
  const std::string records = "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,), }";
  EXPECT_THAT(refused(npy(records, "12345678")), HasSubstr("(records)"));
}

TEST_F(NpyTypes, IntegersThatDoNotFitAreRefusedByTheirRow) {
  const std::string data = std::string(16, '\0') + std::string(8, '\xFF');
  EXPECT_THAT(refused(npy(header("<u8", "(3, 1)"), data)), HasSubstr("row 2 (from 0): expected integers below 2^63"));
}

TEST(ExactNumbers, IntegersAreTakenAsFarAsTheTypeHoldsThem) {
  const std::int64_t most = std::int64_t{1} << 53;
  const at::Tensor good = at::tensor({most, -most, 2 * most, std::numeric_limits<std::int64_t>::min()}, at::kLong);
  EXPECT_TRUE(exact_numbers(good, at::kDouble, "a.npy").to(at::kLong).equal(good));
  for (const std::int64_t bad : {most + 1, -most - 1, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_THAT(message_of<DataError>([&] {
                  exact_numbers(at::tensor({most, bad}, at::kLong), at::kDouble, "a.npy");
                }),
                AllOf(StartsWith("a.npy: row 1 (from 0): "), HasSubstr("found " + std::to_string(bad))));
  }
  EXPECT_THAT(message_of<DataError>([&] { exact_numbers(at::tensor({16777217}, at::kInt), at::kFloat, "a.npy"); }),
              HasSubstr("found 16777217"));
  EXPECT_TRUE(exact_numbers(at::tensor({1, 0}).to(at::kBool), at::kFloat, "a.npy").equal(at::tensor({1.0F, 0.0F})));
}

TEST(ExactNumbers, NumbersBeyondTheTypeAreWrittenAsWhatTheyAre) {
  const at::Tensor values = at::full({2}, 1e300, at::kDouble);
  EXPECT_THAT(message_of<DataError>([&] { exact_numbers(values, at::kFloat, "a.npy"); }), HasSubstr("found 1.0e+300"));
}

TEST(PixelRange, IsTakenForWhatItIsHoweverFarItGoes) {
  EXPECT_THAT(message_of<DataError>([&] {
                require_pixel_range(at::full({1, 1, 2, 2}, std::ldexp(1.0, 100)), 0.0, "a.npy");
              }),
              HasSubstr("found values up to 1.2676506002282294e+30; bytes"));
  EXPECT_THAT(message_of<DataError>([&] {
                require_pixel_range(at::full({1, 1, 2, 2}, 255.0), 0.0, "a.npy");
              }),
              HasSubstr("found values up to 255; bytes"));
}

TEST(ExactNumbers, NumbersThatAreNotFiniteAreRefusedByTheirRow) {
  at::Tensor table = at::zeros({4, 3}, at::kDouble);
  for (const double bad : {std::nan(""), -std::numeric_limits<double>::infinity()}) {
    table[2][1] = bad;
    EXPECT_THAT(message_of<DataError>([&] { exact_numbers(table, at::kDouble, "a.npy"); }),
                AllOf(StartsWith("a.npy: row 2 (from 0): expected finite"), HasSubstr(std::to_string(bad))));
  }
  table[2][1] = 1e300;
  EXPECT_TRUE(exact_numbers(table, at::kDouble, "a.npy").equal(table));
  EXPECT_THAT(message_of<DataError>([&] { exact_numbers(table, at::kFloat, "a.npy"); }), HasSubstr("row 2"));
}

}  // namespace
}  // namespace cebm

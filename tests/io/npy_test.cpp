#include <ATen/ATen.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <gmock/gmock.h>

#include <stdexcept>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::filesystem::path kPython = std::filesystem::path(CEBM_TEST_REFERENCE) / "python.npy";

using Npy = FolderTest;

TEST_F(Npy, PythonsArrayIsReadAndWrittenByteForByte) {
  const at::Tensor expected = at::arange(6, at::kFloat).view({2, 3}) / 4;
  const at::Tensor found = read_npy(kPython);
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(found, expected));
  write_npy(folder_ / "a.npy", expected);
  EXPECT_EQ(read_file(folder_ / "a.npy"), read_file(kPython));
}

TEST_F(Npy, EveryTypeAndShapeComesBack) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong, at::kByte})
    for (const std::vector<std::int64_t>& shape :
         std::vector<std::vector<std::int64_t>>{{}, {5}, {2, 3}, {0, 4}, {1, 2, 3, 4}}) {
      const at::Tensor tensor = (at::rand(shape, at::kDouble) * 200).to(type);
      write_npy(folder_ / "a.npy", tensor);
      const at::Tensor found = read_npy(folder_ / "a.npy");
      EXPECT_EQ(found.scalar_type(), type);
      EXPECT_TRUE(at::equal(found, tensor)) << type << " " << tensor.sizes();
    }
}

TEST_F(Npy, AViewIsWrittenInCOrder) {
  const at::Tensor view = at::arange(6, at::kLong).view({2, 3}).t();
  write_npy(folder_ / "a.npy", view);
  EXPECT_TRUE(at::equal(read_npy(folder_ / "a.npy"), view));
}

TEST_F(Npy, OtherTypesAreNotWritten) {
  EXPECT_THROW(write_npy(folder_ / "a.npy", at::zeros({1}, at::kHalf)), std::invalid_argument);
}

TEST_F(Npy, EveryTruncationAndEveryExtraByteIsRefused) {
  const std::string whole = read_file(kPython);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto file = write("cut.npy", std::string_view(whole).substr(0, length));
    EXPECT_THAT(message_of<DataError>([&] { read_npy(file); }), HasSubstr(file.string())) << length;
  }
  EXPECT_THAT(message_of<DataError>([&] { read_npy(write("long.npy", whole + "x")); }),
              HasSubstr("takes 24 bytes, found 25"));
}

struct Damage {
  const char* header;
  const char* message;
};

// Eight bytes of data follow every header.
TEST_F(Npy, ADamagedHeaderIsRefusedWithItsReason) {
  const std::vector<Damage> damages{
      Damage{"", "expected a header"},
      Damage{"{}", "expected a header"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } import os", "expected a header"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "expected a header"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "expected a header"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }", "expected a header"},
      Damage{"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "found '|O'"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "takes 12 bytes, found 8"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "too many"},
      Damage{"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4), }", "too many"}};
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.header);
    const std::string header = damage.header;
    const std::string prefix = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0';
    const auto file = write("bad.npy", prefix + header + std::string(8, '\0'));
    EXPECT_THAT(message_of<DataError>([&] { read_npy(file); }),
                AllOf(HasSubstr(file.string()), HasSubstr(damage.message)));
  }
}

TEST_F(Npy, AMissingFileIsNamed) {
  EXPECT_THAT(message_of<DataError>([&] { read_npy(folder_ / "no.npy"); }), HasSubstr("No such file"));
}

}  // namespace
}  // namespace cebm

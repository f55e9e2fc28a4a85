#include "data/mat_integers.h"

#include <cebm/errors.h>
#include <matio.h>

#include <cmath>
#include <memory>

#include "data/mat_variable.h"

namespace cebm {

namespace {

template <class T>
std::vector<std::int64_t> integers(const std::filesystem::path& file, const matvar_t& variable, std::size_t count) {
  const auto* const values = static_cast<const T*>(variable.data);
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(values[i]);
    if (!(std::abs(value) < 0x1p53) || value != std::floor(value)) {
      throw DataError(file.string() + ": expected integers in '" + variable.name + "', found " + std::to_string(value) +
                      " as number " + std::to_string(i + 1));
    }
    result.push_back(static_cast<std::int64_t>(value));
  }
  return result;
}

}  // namespace

std::vector<std::int64_t> read_mat_integers(const std::filesystem::path& file, const std::string& name) {
  // Seen whole by our reader first: matio reports neither offsets nor damage, and believes what a header announces.
  MatVariable checked(file, name);
  const auto count = static_cast<std::size_t>(checked.numel());
  checked.skip_to_end();

  const std::unique_ptr<mat_t, decltype(&Mat_Close)> opened(Mat_Open(file.c_str(), MAT_ACC_RDONLY), &Mat_Close);
  if (!opened) throw DataError(file.string() + ": cannot be opened by matio");
  const std::unique_ptr<matvar_t, decltype(&Mat_VarFree)> variable(Mat_VarRead(opened.get(), name.c_str()),
                                                                   &Mat_VarFree);
  const bool whole = variable && variable->data != nullptr && variable->data_size > 0 &&
                     variable->nbytes / static_cast<std::size_t>(variable->data_size) == count;
  if (whole) {
    switch (variable->class_type) {
      case MAT_C_UINT8:
        return integers<std::uint8_t>(file, *variable, count);
      case MAT_C_INT8:
        return integers<std::int8_t>(file, *variable, count);
      case MAT_C_UINT16:
        return integers<std::uint16_t>(file, *variable, count);
      case MAT_C_INT16:
        return integers<std::int16_t>(file, *variable, count);
      case MAT_C_UINT32:
        return integers<std::uint32_t>(file, *variable, count);
      case MAT_C_INT32:
        return integers<std::int32_t>(file, *variable, count);
      case MAT_C_UINT64:
        return integers<std::uint64_t>(file, *variable, count);
      case MAT_C_INT64:
        return integers<std::int64_t>(file, *variable, count);
      case MAT_C_SINGLE:
        return integers<float>(file, *variable, count);
      case MAT_C_DOUBLE:
        return integers<double>(file, *variable, count);
      default:
        break;
    }
  }
  checked.fail("expected numbers in '" + name + "' that matio can read");
}

}  // namespace cebm

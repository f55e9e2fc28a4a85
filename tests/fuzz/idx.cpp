// IDX files, plain and gz.
#include <cebm/dataset.h>
#include <cebm/errors.h>

#include "fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::InputFile file;
  file.write(data, size);
  for (const int rank : {1, 3}) cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_idx(file.path(), rank); });
  return 0;
}

// IDX files, plain and gz.
#include <cebm/dataset.h>
#include <cebm/errors.h>

#include "fuzz/fuzzers.h"
#include "fuzz/input_file.h"

void cebm::fuzz::idx(const std::uint8_t* data, std::size_t size) {
  static const InputFile file;
  file.write(data, size);
  for (const int rank : {1, 3}) may_refuse<DataError>([&] { read_idx(file.path(), rank); });
}

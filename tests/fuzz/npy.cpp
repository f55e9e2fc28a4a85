// NumPy's .npy files.
#include <cebm/errors.h>
#include <cebm/image_io.h>

#include "fuzz/fuzzers.h"
#include "fuzz/input_file.h"

void cebm::fuzz::npy(const std::uint8_t* data, std::size_t size) {
  static const InputFile file;
  file.write(data, size);
  may_refuse<DataError>([&] { read_npy(file.path()); });
}

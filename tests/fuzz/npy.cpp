// NumPy's .npy files.
#include <cebm/errors.h>
#include <cebm/image_io.h>

#include "fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::InputFile file;
  file.write(data, size);
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_npy(file.path()); });
  return 0;
}

// Pictures: JPEG, PNG, BMP, TGA and GIF as an image folder reads them, and PNG as the programs do.
#include "data/picture.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>

#include "fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::InputFile file;
  file.write(data, size);
  const std::int64_t channels = size % 2 == 0 ? 1 : 3;
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::decode_picture(file.path(), channels); });
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_png(file.path()); });
  return 0;
}

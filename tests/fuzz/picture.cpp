// Pictures: JPEG, PNG, BMP, TGA and GIF as an image folder reads them, and PNG as the programs do.
#include "data/picture.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>

#include "fuzz/fuzzers.h"
#include "fuzz/input_file.h"

void cebm::fuzz::picture(const std::uint8_t* data, std::size_t size) {
  static const InputFile file;
  file.write(data, size);
  const std::int64_t channels = size % 2 == 0 ? 1 : 3;
  may_refuse<DataError>([&] { decode_picture(file.path(), channels); });
  may_refuse<DataError>([&] { read_png(file.path()); });
}

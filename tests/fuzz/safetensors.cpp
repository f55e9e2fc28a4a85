// safetensors files.
#include <cebm/errors.h>
#include <cebm/safetensors.h>

#include "fuzz/fuzzers.h"
#include "fuzz/input_file.h"

void cebm::fuzz::safetensors(const std::uint8_t* data, std::size_t size) {
  static const InputFile file;
  file.write(data, size);
  may_refuse<CheckpointError>([&] { load_safetensors(file.path()); });
}

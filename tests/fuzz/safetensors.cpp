// safetensors files.
#include <cebm/errors.h>
#include <cebm/safetensors.h>

#include "fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::InputFile file;
  file.write(data, size);
  cebm::fuzz::may_refuse<cebm::CheckpointError>([&] { cebm::load_safetensors(file.path()); });
  return 0;
}

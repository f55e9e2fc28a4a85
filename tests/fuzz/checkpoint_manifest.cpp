// The manifest of a checkpoint.
#include "fuzz/checkpoint_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::CheckpointInput checkpoint;
  checkpoint.replace("manifest.json", {reinterpret_cast<const char*>(data), size});
  checkpoint.load();
  return 0;
}

// The manifest of a checkpoint.
#include "fuzz/checkpoint_input.h"
#include "fuzz/fuzzers.h"

void cebm::fuzz::checkpoint_manifest(const std::uint8_t* data, std::size_t size) {
  static const CheckpointInput checkpoint;
  checkpoint.replace("manifest.json", {reinterpret_cast<const char*>(data), size});
  checkpoint.load();
}

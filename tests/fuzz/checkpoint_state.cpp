// The values of a checkpoint, in one whose checksums are right.
#include <cebm/files.h>

#include <nlohmann/json.hpp>

#include "fuzz/checkpoint_input.h"
#include "fuzz/fuzzers.h"

void cebm::fuzz::checkpoint_state(const std::uint8_t* data, std::size_t size) {
  static const CheckpointInput checkpoint;
  static nlohmann::json manifest = nlohmann::json::parse(read_file(checkpoint.path() / "manifest.json"));
  const std::string_view state(reinterpret_cast<const char*>(data), size);
  manifest["files"]["state.json"] = {{"bytes", size}, {"sha256", sha256(state)}};
  checkpoint.replace("state.json", state);
  checkpoint.replace("manifest.json", manifest.dump());
  checkpoint.load();
}

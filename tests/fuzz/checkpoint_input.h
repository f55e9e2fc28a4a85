// A whole checkpoint of which a fuzzer replaces files.
#pragma once

#include <ATen/ATen.h>
#include <cebm/checkpoint.h>
#include <cebm/errors.h>

#include <fstream>
#include <string_view>

#include "fuzz/input_file.h"
#include "fuzz/input_folder.h"

namespace cebm::fuzz {

class CheckpointInput {
 public:
  CheckpointInput() {
    const State part{{{"w", at::ones({2})}}, {{"image", {1, 2, 2}}}};
    checkpoint_ = save_checkpoint(folder_.path(), {.step = 3, .config = "a: 1\n", .parts = {{"model", part}}});
  }

  const std::filesystem::path& path() const { return checkpoint_; }
  void replace(const std::string& name, std::string_view bytes) const {
    std::ofstream(checkpoint_ / name, std::ios::binary) << bytes;
  }
  void load() const {
    may_refuse<CheckpointError>([&] { load_checkpoint(checkpoint_); });
  }

 private:
  InputFolder folder_;
  std::filesystem::path checkpoint_;
};

}  // namespace cebm::fuzz

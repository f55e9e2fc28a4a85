#include "runs/own_data.h"

namespace cebm {

DataContext own_data(const OpenedRun& run, const std::filesystem::path& root, const std::string& split) {
  return {.root = root,
          .split = split,
          .seed = static_cast<std::uint64_t>(run.config->train.seed),
          .image = run.model->image_shape()};
}

}  // namespace cebm

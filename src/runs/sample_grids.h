// The grids of sample images that a training draws: samples/step_<n>.png in its directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

/// File name of the grid drawn at that step: "step_000001000.png".
std::string sample_name(std::uint64_t step);

struct SampleGrid {
  std::uint64_t step = 0;
  std::filesystem::path file;
};

/// The grids of a run by step. Files of other names are its user's.
std::vector<SampleGrid> sample_grids(const std::filesystem::path& run);

}  // namespace cebm

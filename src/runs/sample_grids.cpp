#include "runs/sample_grids.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>

#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

std::optional<std::uint64_t> step_of_sample(const std::string& name) {
  constexpr std::string_view prefix = "step_";
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint64_t step = 0;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), step);
  if (error != std::errc() || name != sample_name(step)) return std::nullopt;
  return step;
}

}  // namespace

std::string sample_name(std::uint64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%09llu.png", static_cast<unsigned long long>(step));
  return name;
}

std::vector<SampleGrid> sample_grids(const fs::path& run) {
  std::vector<SampleGrid> grids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run / run_layout::kSamples, ignored)) {
    if (const auto step = step_of_sample(entry.path().filename().string())) grids.push_back({*step, entry.path()});
  }
  std::ranges::sort(grids, {}, &SampleGrid::step);
  return grids;
}

}  // namespace cebm

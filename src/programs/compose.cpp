#include "programs/compose.h"

#include <cebm/errors.h>
#include <cebm/home.h>

#include <filesystem>
#include <sstream>

#include "programs/log.h"

namespace cebm::app {

namespace {

/// The run directories of --compose: a value that is no directory is a list separated by commas.
std::vector<std::string> split_runs(const std::vector<std::string>& values) {
  std::vector<std::string> runs;
  for (const std::string& value : values) {
    std::error_code ignored;
    if (std::filesystem::is_directory(expand_home(value), ignored)) {
      runs.push_back(value);
      continue;
    }
    std::istringstream parts(value);
    for (std::string part; std::getline(parts, part, ',');) runs.push_back(part);
  }
  return runs;
}

}  // namespace

std::vector<std::shared_ptr<EnergyModel>> energies_of(const std::vector<std::string>& runs, const OpenedRun& own,
                                                      const Catalog& catalog, torch::Device device, Weights weights) {
  std::vector<std::shared_ptr<EnergyModel>> energies;
  for (const std::string& run : split_runs(runs)) {
    const OpenedRun other = open_run(expand_home(run), catalog, device, weights);
    for (const auto& skip : other.skipped) warn("skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
    auto model = std::dynamic_pointer_cast<EnergyModel>(other.model);
    if (!model) throw ConfigError("--compose " + run + ": its model has no energy");
    require_image_shape(*model, own.model->image_shape(), "--compose " + run + ": the images of --run");
    energies.push_back(std::move(model));
  }
  return energies;
}

}  // namespace cebm::app

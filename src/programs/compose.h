/// --compose of cebm-sample: a density is multiplied by those of other runs.
#pragma once

#include <cebm/catalog.h>
#include <cebm/run.h>

#include <memory>
#include <string>
#include <vector>

namespace cebm::app {

/// Opens the energies of other runs, to be added to this one's; warns of damaged checkpoints. Throws ConfigError for
/// one without an energy or of another image shape.
std::vector<std::shared_ptr<EnergyModel>> energies_of(const std::vector<std::string>& runs, const OpenedRun& own,
                                                      const Catalog& catalog, torch::Device device, Weights weights);

}  // namespace cebm::app

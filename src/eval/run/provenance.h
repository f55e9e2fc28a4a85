// What a result was computed from.
#pragma once

#include <cebm/run.h>

#include <nlohmann/json.hpp>
#include <string>

namespace cebm {

/// In the provenance of a run whose objective uses labels, unlike any of the paper's; absent otherwise.
constexpr const char* kLearnedLabels = "learned_labels";

/// {version, step, averaged, config_sha256, weights_sha256, learned_labels: true or absent}
nlohmann::json run_provenance(const OpenedRun& run);
/// {name, split, images, sha256 of pixels and labels, classes_sha256 of the names of the classes if there are any}
nlohmann::json data_provenance(const Dataset& data);

}  // namespace cebm

// What a result was computed from.
#pragma once

#include <cebm/run.h>

#include <nlohmann/json.hpp>
#include <string>

namespace cebm {

/// {version, step, averaged, config_sha256, weights_sha256}
nlohmann::json run_provenance(const OpenedRun& run);
/// {name, split, images, sha256 of pixels and labels, classes_sha256 of the names of the classes if there are any}
nlohmann::json data_provenance(const Dataset& data);

}  // namespace cebm

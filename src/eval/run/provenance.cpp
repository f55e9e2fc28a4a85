#include "eval/run/provenance.h"

#include <cebm/files.h>
#include <cebm/machine.h>
#include <cebm/module_state.h>

#include "io/tensor_checksum.h"

namespace cebm {

nlohmann::json run_provenance(const OpenedRun& run) {
  nlohmann::json provenance = {{"version", version()},
                               {"step", run.checkpoint.step},
                               {"averaged", run.averaged},
                               {"config_sha256", sha256(run.checkpoint.config)},
                               {"weights_sha256", checksum(module_state(*run.model))}};
  if (run.config->objective_options().uses_labels()) provenance[kLearnedLabels] = true;
  return provenance;
}

nlohmann::json data_provenance(const Dataset& data) {
  nlohmann::json provenance = {{"name", data.name},
                               {"split", data.split},
                               {"images", data.size()},
                               {"sha256", sha256(checksum(data.images) + checksum(data.labels))}};
  std::string names;
  for (const std::string& name : data.classes) names += name + '\0';
  if (!names.empty()) provenance["classes_sha256"] = sha256(names);
  return provenance;
}

}  // namespace cebm

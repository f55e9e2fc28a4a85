#include "eval/provenance.h"

#include <cebm/files.h>

namespace cebm {

namespace {

/// SHA-256 of the tensor's values in logical order.
std::string checksum(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU).contiguous();
  return sha256({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

}  // namespace

nlohmann::json run_provenance(const OpenedRun& run) {
  std::string weights;
  for (const auto& [name, tensor] : module_state(*run.model).tensors) weights += name + " " + checksum(tensor) + "\n";
  return {{"version", CEBM_VERSION},
          {"step", run.checkpoint.step},
          {"averaged", run.averaged},
          {"config_sha256", sha256(run.checkpoint.config)},
          {"weights_sha256", sha256(weights)}};
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

#include "eval/provenance.h"

#include <cebm/files.h>
#include <cebm/machine.h>

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
  return {{"version", version()},
          {"step", run.checkpoint.step},
          {"averaged", run.averaged},
          {"config_sha256", sha256(run.checkpoint.config)},
          {"weights_sha256", sha256(weights)}};
}

nlohmann::json data_provenance(const Dataset& data) {
  return {{"name", data.name},
          {"split", data.split},
          {"images", data.size()},
          {"sha256", sha256(checksum(data.images) + checksum(data.labels))}};
}

}  // namespace cebm

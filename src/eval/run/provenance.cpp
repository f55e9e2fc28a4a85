#include "eval/run/provenance.h"

#include <cebm/files.h>
#include <cebm/machine.h>

#include <algorithm>

#include "io/digest.h"

namespace cebm {

namespace {

constexpr std::int64_t kBytesAtATime = std::int64_t{1} << 24;  // a copy of all of a large set might not fit

}  // namespace

std::string checksum(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.dim() == 0 ? tensor.detach().view({1}) : tensor.detach();
  const std::int64_t rows = values.size(0);
  const auto bytes = static_cast<std::int64_t>(values.nbytes());
  const std::int64_t at_a_time = bytes == 0 ? 1 : std::max<std::int64_t>(1, kBytesAtATime * rows / bytes);
  Digest digest(Digest::Kind::sha256);
  for (std::int64_t first = 0; first < rows; first += at_a_time) {
    const torch::Tensor part = values.narrow(0, first, std::min(at_a_time, rows - first)).to(torch::kCPU).contiguous();
    digest.update({static_cast<const char*>(part.const_data_ptr()), part.nbytes()});
  }
  return digest.hex();
}

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

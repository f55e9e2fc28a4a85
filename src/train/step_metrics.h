// The metrics of a gradient step, which the host reads when it needs them.
#pragma once

#include <c10/core/Event.h>
#include <cebm/metric.h>

#include <optional>
#include <string>
#include <vector>

namespace cebm {

class StepMetrics {
 public:
  /// Starts to copy the scalars, named in the same order, to the host; for a GPU without waiting for them.
  StepMetrics(std::vector<std::string> names, const std::vector<torch::Tensor>& scalars);
  /// Waits until the device has computed and copied them.
  NamedValues read() const;

 private:
  std::vector<std::string> names_;
  torch::Tensor values_;              ///< float64, on the host
  std::optional<c10::Event> copied_;  ///< none if they are there already
};

}  // namespace cebm

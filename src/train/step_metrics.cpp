#include "train/step_metrics.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace cebm {

StepMetrics::StepMetrics(std::vector<std::string> names, const std::vector<torch::Tensor>& scalars)
    : names_(std::move(names)), values_(torch::stack(scalars).to(torch::kDouble)) {
  if (values_.is_cpu()) return;
  const torch::Tensor there = values_;
  // Only a copy to pinned memory does not wait.
  values_ = torch::empty(there.sizes(), torch::TensorOptions(torch::kDouble).pinned_memory(true));
  values_.copy_(there, /*non_blocking=*/true);
  copied_.emplace(there.device().type());
  copied_->record(c10::impl::VirtualGuardImpl(there.device().type()).getStream(there.device()));
}

NamedValues StepMetrics::read() const {
  if (copied_) copied_->synchronize();
  NamedValues values;
  const auto* const first = values_.const_data_ptr<double>();
  for (std::size_t i = 0; i < names_.size(); ++i) values.emplace_back(names_[i], first[i]);
  return values;
}

}  // namespace cebm

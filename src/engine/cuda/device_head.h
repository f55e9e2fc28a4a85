// dE/do of an energy's head in one launch, or through LibTorch where there is no kernel for it.
#pragma once

#include <cebm/energy_plan.h>

#include <memory>
#include <variant>

#include "engine/cuda/device_back_end.h"

namespace cebm {

class DeviceHead {
 public:
  explicit DeviceHead(const DeviceBackEnd& back_end) : back_end_(back_end) {}

  /// Copies the head's present parameters into memory whose address stays the same while their shapes do.
  void load(std::shared_ptr<const EnergyHead> head);
  /// dE/do [B, F] at o = sums + bias. May overwrite `sums`.
  torch::Tensor gradient(const torch::Tensor& sums, const torch::Tensor& bias) const;
  /// Whether there is a kernel for it.
  bool in_one_launch() const { return !std::holds_alternative<std::monostate>(form_); }

 private:
  using Form = std::variant<std::monostate, kernels::ConjugateHead, kernels::LinearHead>;

  Form form_of(const std::monostate&) { return {}; }
  Form form_of(const LinearForm& form);
  Form form_of(const ConjugateForm& form);

  const DeviceBackEnd& back_end_;
  std::shared_ptr<const EnergyHead> head_;
  Form form_;
  torch::Tensor weights_;  ///< linear: w; conjugate: lambda
  torch::Tensor offsets_;  ///< conjugate: log pi_l - A(lambda_l)
};

}  // namespace cebm

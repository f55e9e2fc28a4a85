#include "encoders/kernel_activation.h"

namespace cebm {

std::optional<KernelActivation> kernel_activation(const Activation& activation) {
  using kernels::Curve;
  switch (activation.kind) {  // no default: the compiler asks for a decision on a new kind
    case ActivationKind::relu:
      return KernelActivation{Curve::leaky_relu, 0.0F};
    case ActivationKind::leaky_relu:
      // The kernels read the sum's sign off the value, which a falling branch would turn.
      if (!(activation.slope >= 0.0)) return std::nullopt;
      return KernelActivation{Curve::leaky_relu, static_cast<float>(activation.slope)};
    case ActivationKind::silu:
      return KernelActivation{Curve::silu, 0.0F};
  }
  return std::nullopt;
}

}  // namespace cebm

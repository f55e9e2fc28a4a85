// Modified Bessel functions of the first kind as a von Mises-Fisher distribution needs them.
#pragma once

#include <torch/types.h>

namespace cebm {

/// For nu >= 0 and kappa >= 0, elementwise:
///   log_integral  log { Gamma(nu + 1) (2 / kappa)^nu I_nu(kappa) }, zero at kappa = 0
///   slope         I_{nu+1}(kappa) / (I_nu(kappa) kappa), its derivative divided by kappa; 1 / (2 nu + 2) at kappa = 0
struct BesselRatio {
  torch::Tensor log_integral;
  torch::Tensor slope;
};

/// In float64; differentiable. For nu and kappa up to 500 the absolute error of log_integral and the relative error of
/// slope are below 1e-12; both grow with the larger of the two. For orders from 20 on by Debye's expansion (Abramowitz
/// and Stegun, 9.7.7), below by the recurrence I_{m-1} = I_{m+1} + (2 m / kappa) I_m downwards from there.
BesselRatio bessel_ratio(double nu, const torch::Tensor& squared_kappa);

}  // namespace cebm

/// Maps from the encoder's unconstrained outputs to sufficient statistics that keep lambda + t(x) inside the domain.
#pragma once

#include <cebm/exponential_family.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cebm {

/// An elementwise map and its derivative, with the domain that contains its values. A value of exactly zero counts
/// as negative and as positive: lambda itself is inside the open domain, so lambda + 0 is as well.
struct StatisticMap {
  std::string name;
  Domain image = Domain::real;
  std::string opposite;  ///< the map to the other sign, where there is one
  torch::Tensor (*value)(const torch::Tensor& n) = nullptr;
  torch::Tensor (*derivative)(const torch::Tensor& n) = nullptr;
};

/// identity: n; negative_square: -n^2 (the authors' code); negative_softplus: -log(1 + e^n); square and softplus: the
/// same with the other sign.
const std::vector<StatisticMap>& statistic_maps();
/// Throws ConfigError for an unknown name, suggesting the nearest.
const StatisticMap& find_statistic_map(const std::string& name);

/// One map per statistic p of [B, S, P, K].
class StatisticMaps {
 public:
  /// Uses the identity where the domain is all reals, elsewhere `constrained` or its opposite, whichever has the
  /// domain's sign. Throws ConfigError if neither has.
  StatisticMaps(const std::vector<Domain>& domain, const StatisticMap& constrained);

  /// t = map(n), [B, S, P, K] -> the same.
  torch::Tensor operator()(const torch::Tensor& raw) const;
  /// dL/dn from dL/dt.
  torch::Tensor pull_back(const torch::Tensor& raw, const torch::Tensor& gradient) const;
  /// The map of each statistic.
  const std::vector<StatisticMap>& maps() const { return maps_; }

 private:
  std::vector<StatisticMap> maps_;
};

}  // namespace cebm

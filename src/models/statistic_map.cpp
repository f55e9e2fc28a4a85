#include <ATen/ops/softplus.h>
#include <cebm/errors.h>
#include <cebm/registry.h>
#include <cebm/statistic_map.h>

namespace cebm {

namespace {

const StatisticMap& identity() { return statistic_maps().front(); }

const StatisticMap& map_into(Domain domain, const StatisticMap& constrained) {
  if (domain == Domain::real) return identity();
  if (constrained.image == domain) return constrained;
  if (!constrained.opposite.empty()) return find_statistic_map(constrained.opposite);
  throw ConfigError("statistic map '" + constrained.name +
                    "' can leave the domain of the bias: a natural parameter must keep its sign. Use negative_square "
                    "or negative_softplus");
}

/// Returns f(map, first, count) for each run of neighbouring statistics with the same map.
template <class Function>
std::vector<torch::Tensor> for_runs(const std::vector<StatisticMap>& maps, const Function& f) {
  std::vector<torch::Tensor> parts;
  for (std::size_t first = 0, next = 0; first < maps.size(); first = next) {
    while (next < maps.size() && maps[next].value == maps[first].value) ++next;
    parts.push_back(f(maps[first], static_cast<std::int64_t>(first), static_cast<std::int64_t>(next - first)));
  }
  return parts;
}

}  // namespace

const std::vector<StatisticMap>& statistic_maps() {
  using torch::Tensor;
  static const std::vector<StatisticMap> maps{
      {"identity", Domain::real, "", [](const Tensor& n) { return n; },
       [](const Tensor& n) { return torch::ones_like(n); }},
      {"negative_square", Domain::negative, "square", [](const Tensor& n) { return -n.square(); },
       [](const Tensor& n) { return -2.0 * n; }},
      // Linear only from 40 on, where e^-n is below float64's rounding: the default, 20, suits float32 only.
      {"negative_softplus", Domain::negative, "softplus",
       [](const Tensor& n) { return -at::softplus(n, /*beta=*/1.0, /*threshold=*/40.0); },
       [](const Tensor& n) { return -torch::sigmoid(n); }},
      {"square", Domain::positive, "negative_square", [](const Tensor& n) { return n.square(); },
       [](const Tensor& n) { return 2.0 * n; }},
      {"softplus", Domain::positive, "negative_softplus",
       [](const Tensor& n) { return at::softplus(n, /*beta=*/1.0, /*threshold=*/40.0); },
       [](const Tensor& n) { return torch::sigmoid(n); }},
  };
  return maps;
}

const StatisticMap& find_statistic_map(const std::string& name) {
  std::vector<std::string> names;
  for (const StatisticMap& map : statistic_maps()) {
    if (map.name == name) return map;
    names.push_back(map.name);
  }
  const std::string near = nearest_name(name, names);
  throw ConfigError("unknown statistic map '" + name + "'" +
                    (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
}

StatisticMaps::StatisticMaps(const std::vector<Domain>& domain, const StatisticMap& constrained) {
  for (const Domain part : domain) maps_.push_back(map_into(part, constrained));
}

torch::Tensor StatisticMaps::operator()(const torch::Tensor& raw) const {
  const auto parts = for_runs(maps_, [&](const StatisticMap& map, std::int64_t first, std::int64_t count) {
    return map.value(raw.narrow(2, first, count));
  });
  return parts.size() == 1 ? parts[0] : torch::cat(parts, 2);
}

torch::Tensor StatisticMaps::pull_back(const torch::Tensor& raw, const torch::Tensor& gradient) const {
  const auto parts = for_runs(maps_, [&](const StatisticMap& map, std::int64_t first, std::int64_t count) {
    return map.derivative(raw.narrow(2, first, count)) * gradient.narrow(2, first, count);
  });
  return parts.size() == 1 ? parts[0] : torch::cat(parts, 2);
}

}  // namespace cebm

#include <ATen/ops/softplus.h>
#include <cebm/errors.h>
#include <cebm/registry.h>
#include <cebm/statistic_map.h>

namespace cebm {

namespace {

const StatisticMap& identity() { return statistic_maps().front(); }

}  // namespace

const std::vector<StatisticMap>& statistic_maps() {
  using torch::Tensor;
  static const std::vector<StatisticMap> maps{
      {"identity", Domain::real, [](const Tensor& n) { return n; },
       [](const Tensor& n) { return torch::ones_like(n); }},
      {"negative_square", Domain::negative, [](const Tensor& n) { return -n.square(); },
       [](const Tensor& n) { return -2.0 * n; }},
      // Linear only from 40 on, where e^-n is below float64's rounding: the default, 20, is for float32 alone.
      {"negative_softplus", Domain::negative,
       [](const Tensor& n) { return -at::softplus(n, /*beta=*/1.0, /*threshold=*/40.0); },
       [](const Tensor& n) { return -torch::sigmoid(n); }},
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
  for (const Domain part : domain) {
    if (part != Domain::real && constrained.image != part) {
      throw ConfigError("statistic map '" + constrained.name +
                        "' can leave the domain of the bias: a natural parameter must stay negative. Use "
                        "negative_square or negative_softplus");
    }
    maps_.push_back(part == Domain::real ? identity() : constrained);
  }
}

torch::Tensor StatisticMaps::operator()(const torch::Tensor& raw) const {
  std::vector<torch::Tensor> parts;
  for (std::size_t p = 0; p < maps_.size(); ++p)
    parts.push_back(maps_[p].value(raw.select(2, static_cast<int64_t>(p))));
  return torch::stack(parts, 2);
}

torch::Tensor StatisticMaps::pull_back(const torch::Tensor& raw, const torch::Tensor& gradient) const {
  std::vector<torch::Tensor> parts;
  for (std::size_t p = 0; p < maps_.size(); ++p) {
    const auto index = static_cast<std::int64_t>(p);
    parts.push_back(maps_[p].derivative(raw.select(2, index)) * gradient.select(2, index));
  }
  return torch::stack(parts, 2);
}

}  // namespace cebm

#include "base/json_field.h"
#include "eval/evaluators/chains.h"

namespace cebm {

namespace {

nlohmann::json json_or_null(const std::optional<double>& value) { return value ? nlohmann::json(*value) : nullptr; }

std::optional<double> number_if_any(const JsonField& field) {
  if (field.is_null()) return std::nullopt;
  return field.number();
}

}  // namespace

nlohmann::json ChainsResult::to_json() const {
  nlohmann::json json = {{"init", init},
                         {"chains", chains},
                         {"steps", steps},
                         {"every", every},
                         {"draws", draws},
                         {"test_energy", test_energy},
                         {"test_gradient_norm", test_gradient_norm},
                         {"quantities", nlohmann::json::object()}};
  for (const auto& [name, quantity] : quantities) {
    json["quantities"][name] = {{"mean", quantity.mean},
                                {"std", quantity.std},
                                {"effective_samples", json_or_null(quantity.effective_samples)},
                                {"r_hat", json_or_null(quantity.r_hat)}};
  }
  return json;
}

ChainsResult ChainsResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  ChainsResult result{.init = field.at("init").text(),
                      .chains = field.at("chains").count(),
                      .steps = field.at("steps").count(),
                      .every = field.at("every").count(),
                      .draws = field.at("draws").count(),
                      .test_energy = field.at("test_energy").number(),
                      .test_gradient_norm = field.at("test_gradient_norm").number(),
                      .quantities = {}};
  for (const auto& [name, quantity] : field.at("quantities").entries()) {
    result.quantities[name] = {quantity.at("mean").number(), quantity.at("std").number(),
                               number_if_any(quantity.at("effective_samples")), number_if_any(quantity.at("r_hat"))};
  }
  return result;
}

}  // namespace cebm

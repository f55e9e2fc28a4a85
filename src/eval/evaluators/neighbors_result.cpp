#include "base/json_field.h"
#include "eval/evaluators/neighbors.h"

namespace cebm {

namespace {

constexpr const char* kAgreement = "label_agreement";

}  // namespace

nlohmann::json NeighborsResult::to_json() const {
  nlohmann::json json = {{"queries", queries}, {"k", k}, {"spaces", nlohmann::json::object()}};
  for (const auto& [space, agreement] : label_agreement) json["spaces"][space] = {{kAgreement, agreement}};
  return json;
}

NeighborsResult NeighborsResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  NeighborsResult result{field.at("queries").count(), field.at("k").count(), {}};
  for (const auto& [name, space] : field.at("spaces").entries()) {
    result.label_agreement[name] = space.at(kAgreement).share();
  }
  return result;
}

}  // namespace cebm

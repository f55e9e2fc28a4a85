#include "base/json_field.h"
#include "eval/evaluators/likelihood.h"

namespace cebm {

nlohmann::json LikelihoodResult::to_json() const {
  nlohmann::json json = {{"unit", unit}, {"images", images}};
  for (const auto& [name, value] : means) {
    json[name] = {{"mean", value.mean}, {"standard_error", value.standard_error}};
  }
  return json;
}

LikelihoodResult LikelihoodResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  LikelihoodResult result{field.at("unit").text(), field.at("images").count(), {}};
  for (const auto& [name, value] : field.entries()) {
    if (name == "unit" || name == "images") continue;
    result.means[name] = {value.at("mean").number(), value.at("standard_error").number()};
  }
  return result;
}

}  // namespace cebm

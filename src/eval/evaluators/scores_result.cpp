#include "base/json_field.h"
#include "eval/evaluators/scores.h"

namespace cebm {

nlohmann::json ScoresResult::to_json() const {
  nlohmann::json json = nlohmann::json::object();
  if (images) json["images"] = *images;
  for (const auto& [name, spread] : columns) json[name] = {{"mean", spread.mean}, {"std", spread.std}};
  return json;
}

ScoresResult ScoresResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  ScoresResult result;
  for (const auto& [name, value] : field.entries()) {
    if (name == "images") {
      result.images = value.count();
    } else {
      result.columns[name] = {value.at("mean").number(), value.at("std").number()};
    }
  }
  return result;
}

}  // namespace cebm

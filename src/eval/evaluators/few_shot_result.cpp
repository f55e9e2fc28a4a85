#include <cebm/few_shot_result.h>

#include "base/json_field.h"
#include "base/option_text.h"

namespace cebm {

namespace {

nlohmann::json json_of(const FewShotResult::Accuracy& accuracy) {
  return {{"mean", accuracy.mean},
          {"std", accuracy.std},
          {"ci95", {accuracy.low, accuracy.high}},
          {"accuracies", accuracy.of_draws}};
}

nlohmann::json json_of(const FewShotResult::Space& space) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [shots, accuracy] : space.few) json[std::to_string(shots)] = json_of(accuracy);
  if (space.full) json["full"] = {{"accuracy", *space.full}};
  return json;
}

nlohmann::json json_of(const std::map<std::string, FewShotResult::Space>& spaces) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, space] : spaces) json[name] = json_of(space);
  return json;
}

FewShotResult::Accuracy read_accuracy(const JsonField& field) {
  FewShotResult::Accuracy accuracy{field.at("mean").share(), field.at("std").number()};
  const auto [low, high] = field.at("ci95").interval();
  accuracy.low = low;
  accuracy.high = high;
  for (const JsonField& draw : field.at("accuracies").items()) accuracy.of_draws.push_back(draw.share());
  return accuracy;
}

FewShotResult::Space read_space(const JsonField& field, const std::vector<std::int64_t>& shots) {
  FewShotResult::Space space;
  for (const std::int64_t count : shots) space.few[count] = read_accuracy(field.at(std::to_string(count)));
  if (field.has("full") && !field.at("full").is_null()) space.full = field.at("full").at("accuracy").share();
  return space;
}

std::map<std::string, FewShotResult::Space> read_spaces(const JsonField& field,
                                                        const std::vector<std::int64_t>& shots) {
  std::map<std::string, FewShotResult::Space> spaces;
  for (const auto& [name, space] : field.entries()) spaces[name] = read_space(space, shots);
  return spaces;
}

}  // namespace

nlohmann::json FewShotResult::to_json() const {
  nlohmann::json json = {{"shots", shots}, {"draws", draws}, {"spaces", json_of(spaces)}};
  if (!standardised.empty()) json["standardised"] = json_of(standardised);
  if (cost != 1.0) json["C"] = cost;
  if (validation > 0) json["validation"] = validation;
  return json;
}

FewShotResult FewShotResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  FewShotResult result{field.at("shots").counts(), field.at("draws").count(), {}};
  result.spaces = read_spaces(field.at("spaces"), result.shots);
  if (field.has("standardised")) result.standardised = read_spaces(field.at("standardised"), result.shots);
  if (field.has("C")) result.cost = field.at("C").number();
  if (field.has("validation")) result.validation = field.at("validation").count();
  return result;
}

std::string cost_text(double cost) { return cost == 1.0 ? "" : ", C = " + number_text(cost); }

}  // namespace cebm

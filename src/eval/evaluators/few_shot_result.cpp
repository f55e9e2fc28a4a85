#include <cebm/few_shot_result.h>

#include "base/json_field.h"

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
  if (space.full) {
    json["full"] = {{"accuracy", *space.full}};
  } else if (!space.full_left_out.empty()) {
    json["full"] = nullptr;
    json["full_left_out"] = space.full_left_out;
  }
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
  if (!field.has("full")) return space;
  if (field.at("full").is_null()) {
    space.full_left_out = field.at("full_left_out").text();
  } else {
    space.full = field.at("full").at("accuracy").share();
  }
  return space;
}

}  // namespace

nlohmann::json FewShotResult::to_json() const {
  nlohmann::json json = {{"shots", shots}, {"draws", draws}, {"spaces", nlohmann::json::object()}};
  for (const auto& [name, space] : spaces) json["spaces"][name] = json_of(space);
  return json;
}

FewShotResult FewShotResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  FewShotResult result{field.at("shots").counts(), field.at("draws").count(), {}};
  for (const auto& [name, space] : field.at("spaces").entries()) result.spaces[name] = read_space(space, result.shots);
  return result;
}

}  // namespace cebm

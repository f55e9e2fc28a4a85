#include <cebm/ood_result.h>

#include "base/json_field.h"

namespace cebm {

namespace {

constexpr const char* kPositiveClass = "in-distribution";

nlohmann::json json_of(const OodResult::OtherSet& set) {
  if (!set.missing.empty()) return {{"missing", set.missing}};
  nlohmann::json json = {{"images", set.images}};
  for (const auto& [score, estimates] : set.scores) json[score] = estimates.to_json();
  return json;
}

OodResult::OtherSet read_other_set(const JsonField& field) {
  if (field.has("missing")) return {field.at("missing").text()};
  OodResult::OtherSet set{{}, field.at("images").count()};
  for (const auto& [name, value] : field.entries()) {
    if (name != "images") set.scores[name] = RankingEstimates::from_json(value.value(), value.place());
  }
  return set;
}

}  // namespace

nlohmann::json OodResult::to_json() const {
  nlohmann::json json = {{"positive_class", kPositiveClass},
                         {"in_distribution", {{"data", data}, {"split", split}, {"images", images}}},
                         {"sets", nlohmann::json::object()}};
  for (const auto& [name, set] : sets) json["sets"][name] = json_of(set);
  return json;
}

OodResult OodResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  const JsonField positive = field.at("positive_class");
  if (positive.text() != kPositiveClass) positive.fail(kPositiveClass);
  const JsonField own = field.at("in_distribution");
  OodResult result{own.at("data").text(), own.at("split").text(), own.at("images").count(), {}};
  for (const auto& [name, set] : field.at("sets").entries()) result.sets[name] = read_other_set(set);
  return result;
}

}  // namespace cebm

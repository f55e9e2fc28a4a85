#include "base/json_field.h"
#include "eval/evaluators/confusion.h"

namespace cebm {

namespace {

std::vector<std::vector<std::int64_t>> read_counts(const JsonField& field, std::size_t classes) {
  std::vector<std::vector<std::int64_t>> counts;
  for (const JsonField& row : field.items()) {
    counts.push_back(row.counts());
    if (counts.back().size() != classes) row.fail("a count for each of " + std::to_string(classes) + " classes");
  }
  if (counts.size() != classes) field.fail("a row for each of " + std::to_string(classes) + " classes");
  return counts;
}

}  // namespace

nlohmann::json ConfusionResult::to_json() const {
  nlohmann::json json = {{"k", k}, {"classes", classes}, {"spaces", nlohmann::json::object()}};
  for (const auto& [name, space] : spaces) {
    json["spaces"][name] = {{"accuracy", space.accuracy}, {"matrix", space.counts}};
  }
  return json;
}

ConfusionResult ConfusionResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  ConfusionResult result{field.at("k").count(), {}, {}};
  for (const JsonField& name : field.at("classes").items()) result.classes.push_back(name.text());
  for (const auto& [name, space] : field.at("spaces").entries()) {
    result.spaces[name] = {space.at("accuracy").share(), read_counts(space.at("matrix"), result.classes.size())};
  }
  return result;
}

}  // namespace cebm

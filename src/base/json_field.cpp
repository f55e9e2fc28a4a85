#include "base/json_field.h"

#include <cebm/errors.h>
#include <cebm/text.h>

#include "base/text_check.h"

namespace cebm {

void JsonField::fail(const std::string& expected) const {
  throw DataError((place_.empty() ? "" : place_ + ": ") + "expected " + expected + ", found " +
                  clip(dump_json(*value_)));
}

bool JsonField::has(const std::string& key) const {
  if (!value_->is_object()) fail("an object");
  return value_->contains(key);
}

JsonField JsonField::at(const std::string& key) const {
  if (!value_->is_object() || !value_->contains(key)) fail("an object with the key '" + key + "'");
  return below(key, value_->at(key));
}

std::vector<std::pair<std::string, JsonField>> JsonField::entries() const {
  if (!value_->is_object()) fail("an object");
  std::vector<std::pair<std::string, JsonField>> all;
  for (const auto& [key, value] : value_->items()) all.emplace_back(key, below(key, value));
  return all;
}

std::vector<JsonField> JsonField::items() const {
  if (!value_->is_array()) fail("a list");
  std::vector<JsonField> all;
  for (const auto& value : *value_) all.push_back(below(std::to_string(all.size()), value));
  return all;
}

double JsonField::number() const {
  if (!value_->is_number()) fail("a number");
  return value_->get<double>();
}

double JsonField::share() const {
  const bool right = value_->is_number() && value_->get<double>() >= 0.0 && value_->get<double>() <= 1.0;
  if (!right) fail("a share in [0, 1]");
  return value_->get<double>();
}

std::array<double, 2> JsonField::interval() const {
  if (!value_->is_array() || value_->size() != 2) fail("an interval [low, high]");
  const std::vector<JsonField> ends = items();
  return {ends[0].number(), ends[1].number()};
}

std::int64_t JsonField::count() const {
  if (!value_->is_number_integer() || value_->get<std::int64_t>() < 0) fail("a count");
  return value_->get<std::int64_t>();
}

std::vector<std::int64_t> JsonField::counts() const {
  std::vector<std::int64_t> all;
  for (const JsonField& item : items()) all.push_back(item.count());
  return all;
}

std::string JsonField::text() const {
  if (!value_->is_string()) fail("a text");
  return value_->get<std::string>();
}

}  // namespace cebm

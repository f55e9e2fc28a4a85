// Checked reading of a result's JSON: errors name the place of the wrong value.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// A value and its path in the document, "spaces.latent.10.mean". All functions below is_null() throw DataError with
/// place, expected and found if the value has another form. The JSON must outlive this object.
class JsonField {
 public:
  explicit JsonField(const nlohmann::json& value, std::string place = "") : value_(&value), place_(std::move(place)) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& place() const { return place_; }

  bool is_null() const { return value_->is_null(); }
  bool has(const std::string& key) const;
  JsonField at(const std::string& key) const;
  /// The members of an object, in key order.
  std::vector<std::pair<std::string, JsonField>> entries() const;
  /// The elements of a list.
  std::vector<JsonField> items() const;

  double number() const;
  double share() const;                    ///< in [0, 1]
  std::array<double, 2> interval() const;  ///< [low, high]
  std::int64_t count() const;              ///< at least 0
  std::vector<std::int64_t> counts() const;
  std::string text() const;

  [[noreturn]] void fail(const std::string& expected) const;

 private:
  JsonField below(const std::string& key, const nlohmann::json& value) const {
    return JsonField(value, place_.empty() ? key : place_ + "." + key);
  }

  const nlohmann::json* value_;
  std::string place_;
};

}  // namespace cebm

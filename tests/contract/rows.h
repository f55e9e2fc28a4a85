// Every row of every registry of a catalog, with its example configuration read.
#pragma once

#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Whose rows are tested. Each program defines it; the project's own tests test the built-in rows.
const Catalog& catalog();

template <class EntryType>
std::vector<std::string> row_names(const Registry<EntryType>& registry) {
  std::vector<std::string> names;
  for (const auto& row : registry.rows()) names.push_back(row.name);
  return names;
}

/// The row's options as its example sets them.
template <class EntryType>
std::unique_ptr<Options> example_options(const EntryType& row) {
  auto options = row.options(catalog());
  read_options(parse_config(row.example, row.name + "'s example"), *options);
  return options;
}

template <class EntryType, class... Args>
auto build_example(const Registry<EntryType>& registry, const std::string& name, Args&&... args) {
  const EntryType& row = registry.find(name);
  return row.build(*example_options(row), std::forward<Args>(args)...);
}

inline std::shared_ptr<Model> example_model(const std::string& name, ImageShape image = {1, 12, 10},
                                            std::uint64_t seed = 1) {
  return build_example(catalog().models, name, ModelContext{image, seed});
}

inline torch::Tensor test_images(std::int64_t count, ImageShape image = {1, 12, 10}) {
  return uniform({count, image.channels, image.height, image.width}, {.seed = 11}, -1.0F, 1.0F);
}

/// `build` of the first example model that it does not refuse: objectives and evaluators are for some models only.
template <class Build>
auto with_suitable_model(const Build& build) {
  for (const auto& row : catalog().models.rows()) {
    try {
      return build(example_model(row.name));
    } catch (const ConfigError&) {
      continue;
    }
  }
  throw std::logic_error("no example model is accepted");
}

/// GoogleTest takes no dash in a name.
inline std::string without_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
inline std::string test_name(const testing::TestParamInfo<std::string>& info) { return without_dashes(info.param); }

}  // namespace cebm

/// One explicit table per family of components. A row feeds configuration, `--list`, the reference page and the
/// contract tests; programs add their own rows to a copy.
#pragma once

#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/options.h>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cebm {

struct Catalog;

/// A row: name, summary, options and factory of a component.
/// Args are the arguments that the family passes to every factory besides the options.
template <class Product, class... Args>
struct Entry {
  using Pointer = std::shared_ptr<Product>;
  using OptionsBase = Options;  ///< what the options of the family's rows derive from

  std::string name;
  std::string summary;
  /// The smallest useful configuration as YAML, used by the contract tests and the docs.
  std::string example;
  /// Options with their defaults; the catalog is for options that contain variants themselves.
  std::function<std::unique_ptr<Options>(const Catalog&)> options;
  std::function<Pointer(const Options&, Args...)> build;
};

/// Makes a row whose options are of type T (default-constructible, or constructible from a Catalog).
template <class T, class EntryType, class Build>
// NOLINTNEXTLINE(performance-unnecessary-value-param): clang-tidy does not see moves into a dependent type
EntryType make_entry(std::string name, std::string summary, std::string example, Build build) {
  static_assert(std::is_base_of_v<typename EntryType::OptionsBase, T>, "the family asks more of its rows' options");
  EntryType row;
  row.name = std::move(name);
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.options = [](const Catalog& catalog) -> std::unique_ptr<Options> {
    if constexpr (std::is_constructible_v<T, const Catalog&>) {
      return std::make_unique<T>(catalog);
    } else {
      (void)catalog;
      return std::make_unique<T>();
    }
  };
  row.build = [build](const Options& options, auto&&... args) {
    return build(dynamic_cast<const T&>(options), std::forward<decltype(args)>(args)...);
  };
  return row;
}

template <class EntryType>
class Registry {
 public:
  /// `family` is its name in messages: "bias", "encoder", ...
  explicit Registry(std::string family) : family_(std::move(family)) {}

  /// Throws ConfigError if the name is taken.
  void add(EntryType row) {
    for (const auto& other : rows_) {
      if (other.name == row.name) throw ConfigError(family_ + " '" + row.name + "' is registered twice");
    }
    rows_.push_back(std::move(row));
  }

  /// Throws ConfigError that lists the known names and suggests the nearest.
  const EntryType& find(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& row : rows_) {
      if (row.name == name) return row;
      names.push_back(row.name);
    }
    std::string message = "unknown " + family_ + " '" + name + "'";
    const std::string near = nearest_name(name, names);
    message += near.empty() ? "." : "; did you mean '" + near + "'?";
    message += " Known:";
    for (const auto& known : names) message += " " + known;
    throw ConfigError(message);
  }

  const std::vector<EntryType>& rows() const { return rows_; }
  const std::string& family() const { return family_; }

 private:
  std::string family_;
  std::vector<EntryType> rows_;
};

/// The catalog's registry of a family, for options that contain a component of another family. Each family declares its
/// own specialisation.
template <class EntryType>
const Registry<EntryType>& registry_of(const Catalog& catalog);

/// A Variant over the rows of a catalog's registry. The catalog must outlive it, and the registry must not grow in
/// the meantime.
template <class EntryType>
class Choice final : public Variant {
 public:
  Choice(const Catalog& catalog, const std::string& name) : Choice(registry_of<EntryType>(catalog), catalog, name) {}
  Choice(const Registry<EntryType>& registry, const Catalog& catalog, const std::string& name)
      : registry_(&registry), catalog_(&catalog) {
    select(name);
  }

  const std::string& name() const override { return row_->name; }
  const EntryType& row() const { return *row_; }
  /// The options as type T. If the chosen row's options have another type, selects the first row whose options are of
  /// type T; throws ConfigError if there is none.
  template <class T>
  T& as() {
    for (const auto& row : registry_->rows()) {
      if (auto* const mine = dynamic_cast<T*>(options_.get())) return *mine;
      if (dynamic_cast<const T*>(row.options(*catalog_).get()) != nullptr) select(row.name);
    }
    if (auto* const mine = dynamic_cast<T*>(options_.get())) return *mine;
    throw ConfigError("no " + registry_->family() + " has options of this type");
  }
  Options& options() override { return *options_; }
  const Options& options() const override { return *options_; }
  void select(const std::string& name) override {
    const EntryType& row = registry_->find(name);
    options_ = row.options(*catalog_);
    row_ = &row;
  }
  std::vector<Alternative> alternatives() const override {
    std::vector<Alternative> all;
    for (const auto& row : registry_->rows()) all.push_back({row.name, row.summary});
    return all;
  }
  std::unique_ptr<Options> defaults_of(const std::string& name) const override {
    return registry_->find(name).options(*catalog_);
  }

  /// Builds the chosen component.
  template <class... Args>
  typename EntryType::Pointer build(Args&&... args) const {
    return row_->build(*options_, std::forward<Args>(args)...);
  }

 private:
  const Registry<EntryType>* registry_;
  const Catalog* catalog_;
  const EntryType* row_ = nullptr;
  std::unique_ptr<Options> options_;
};

}  // namespace cebm

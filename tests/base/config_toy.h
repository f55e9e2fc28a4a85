/// A small family of options with every kind of setting, for the tests of the configuration.
#pragma once

#include <cebm/registry.h>

#include <functional>
#include <string>

namespace cebm {

// These tests need no components: the rows below find their registries in ToyCatalog.
struct Catalog {};

namespace toy {

struct Product {
  std::string text;
};
using BiasEntry = Entry<Product, int>;
using ModelEntry = Entry<Product, int>;

struct ToyCatalog : Catalog {
  Registry<BiasEntry> biases{"bias"};
  Registry<ModelEntry> models{"model"};
};

enum class Statistics { shared, per_component };

struct GaussianOptions final : Options {
  bool learnable = false;
  void fields(Fields& visit) override { visit.boolean("learnable", learnable, "train lambda"); }
};

struct MixtureOptions final : Options {
  std::int64_t components = 50;
  Statistics statistics = Statistics::shared;
  void fields(Fields& visit) override {
    static constexpr std::pair<const char*, Statistics> names[] = {{"shared", Statistics::shared},
                                                                   {"per_component", Statistics::per_component}};
    visit.integer("components", components, {1, 1000}, "number of components");
    visit.enumeration<Statistics>("statistics", statistics, names, "how many statistics");
  }
};

struct CebmOptions final : Options {
  explicit CebmOptions(const Catalog& catalog)
      : bias(static_cast<const ToyCatalog&>(catalog).biases, catalog, "gaussian") {}
  Choice<BiasEntry> bias;
  std::vector<std::int64_t> channels{64, 32};
  void fields(Fields& visit) override {
    visit.variant("bias", bias, "distribution of the latent");
    visit.integers("channels", channels, {1, 4096}, "output channels");
  }
};

struct EmptyOptions final : Options {
  void fields(Fields&) override {}
};

struct AdamOptions final : Options {
  double lr = 1e-4;
  void fields(Fields& visit) override { visit.real("lr", lr, {0.0, 1.0}, "learning rate"); }
};

struct TrainOptions final : Options {
  std::int64_t steps = 90000;
  std::int64_t batch_size = 128;
  std::int64_t offset = 0;
  double scale = 1.0;
  AdamOptions optimizer;
  bool fast = true;
  void fields(Fields& visit) override {
    visit.integer("steps", steps, {1, 1000000}, "gradient steps");
    visit.integer("batch_size", batch_size, {1, 100000}, "images per step");
    visit.integer("offset", offset, {}, "any integer");
    visit.real("scale", scale, {}, "any number");
    visit.section("optimizer", optimizer, "Adam");
    visit.boolean("fast", fast, "a key after a section");
  }
};

struct RootOptions final : Options {
  explicit RootOptions(const ToyCatalog& catalog) : model(catalog.models, catalog, "cebm") {}
  std::string root = "data";
  Choice<ModelEntry> model;
  TrainOptions train;
  void fields(Fields& visit) override {
    visit.text("root", root, "folder of the data");
    visit.variant("model", model, "what is trained");
    visit.section("train", train, "training loop");
  }
};

inline ToyCatalog make_catalog() {
  ToyCatalog catalog;
  catalog.biases.add(make_entry<GaussianOptions, BiasEntry>(
      "gaussian", "one Gaussian", "learnable: true", [](const GaussianOptions& options, int context) {
        return std::make_shared<Product>(
            Product{(options.learnable ? "learnable " : "fixed ") + std::to_string(context)});
      }));
  catalog.biases.add(make_entry<MixtureOptions, BiasEntry>(
      "mixture", "several Gaussians", "{components: 3}", [](const MixtureOptions& options, int) {
        return std::make_shared<Product>(Product{"mixture of " + std::to_string(options.components)});
      }));
  catalog.models.add(
      make_entry<CebmOptions, ModelEntry>("cebm", "conjugate", "{}", [](const CebmOptions& options, int context) {
        return std::make_shared<Product>(Product{"cebm with " + options.bias.build(context)->text});
      }));
  catalog.models.add(make_entry<EmptyOptions, ModelEntry>(
      "plain", "nothing to tell", "{}",
      [](const EmptyOptions&, int) { return std::make_shared<Product>(Product{"plain"}); }));
  return catalog;
}

/// The message of the ConfigError that `action` throws; "no error" if it throws none.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

/// Reads YAML into fresh toy options and dumps them.
inline std::string resolve(const std::string& yaml) {
  const ToyCatalog catalog = make_catalog();
  RootOptions options(catalog);
  read_options(parse_config(yaml, "c.yaml"), options);
  return dump_options(options);
}

inline std::string resolve_error(const std::string& yaml) {
  return error_of([&] { resolve(yaml); });
}

}  // namespace toy
}  // namespace cebm

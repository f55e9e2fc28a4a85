#include "config.h"

#include <limits>
#include <utility>

#include "base/open_conditions.h"
#include "base/option_text.h"

namespace cebm::python {

namespace {

/// Reads the settings of `node`, with a warning for each that has no effect, as the programs give it. Those of layers
/// below `lowest_layer` get none.
Config config_of(const ConfigNode& node, WarnedCode whom, int lowest_layer) {
  auto run = std::make_unique<RunConfig>(catalog());
  read_options(node, *run);
  for (const UnusedSetting& setting : unused_settings(node, *run)) {
    if (setting.where.layer >= lowest_layer) warn(setting.describe(), whom);
  }
  return Config(std::move(run));
}

/// The settings of a dump by their full keys, as Python objects of the fields' types: {"train.steps": 1000, ...}.
class SettingsDict final : public Fields {
 public:
  void integer(const char* name, std::int64_t& value, Range<std::int64_t>, const char*) override { add(name, value); }
  void real(const char* name, double& value, Range<double>, const char*) override { add(name, value); }
  void boolean(const char* name, bool& value, const char*) override { add(name, value); }
  void text(const char* name, std::string& value, const char*) override { add(name, value); }
  void path(const char* name, std::filesystem::path& value, const char*) override { add(name, value.string()); }
  void word(const char* name, std::string& value, std::span<const std::string>, const char*) override {
    add(name, value);
  }
  void integers(const char* name, std::vector<std::int64_t>& value, Range<std::int64_t>, const char*) override {
    add(name, value);
  }
  void texts(const char* name, std::vector<std::string>& value, const char*) override { add(name, value); }
  void section(const char* name, Options& value, const char*) override { descend(name, value); }
  void variant(const char* name, Variant& value, const char*) override {
    add(std::string(name) + ".name", value.name());
    descend(name, value.options());
  }

  py::dict take() { return std::move(dict_); }

 protected:
  void begin_condition(const Condition& condition) override { conditions_.begin(condition); }
  void end_condition() override { conditions_.end(); }

 private:
  template <class Value>
  void add(const std::string& name, const Value& value) {
    if (conditions_.all_hold()) dict_[py::str(prefix_ + name)] = py::cast(value);
  }

  void descend(const char* name, Options& options) {
    const std::string above = std::exchange(prefix_, prefix_ + name + ".");
    options.fields(*this);
    prefix_ = above;
  }

  py::dict dict_;
  std::string prefix_;
  OpenConditions conditions_;
};

py::dict settings_dict(const Config& config) {
  SettingsDict settings;
  look_at_fields(config.run(), settings);
  return settings.take();
}

}  // namespace

Config Config::load(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return config_of(load_config(file, overrides), WarnedCode::caller_of_package, std::numeric_limits<int>::min());
}

Config Config::parse(const std::string& yaml) { return config_of(parse_config(yaml), WarnedCode::caller, 0); }

Config Config::with(const std::vector<std::string>& overrides) const {
  ConfigNode node = parse_config(yaml());
  apply_overrides(node, overrides);
  constexpr int kOverrides = 1;  // nobody asks again for the settings that were there before
  return config_of(node, WarnedCode::caller_of_package, kOverrides);
}

void bind_config(py::module_& module) {
  py::class_<Config>(module, "Config", "A run's configuration. Made by cebm.config(); it does not change.")
      .def_static("_load", &Config::load, py::arg("file"), py::arg("overrides"))
      .def_static("parse", &Config::parse, py::arg("yaml"), "From YAML text, as `yaml` gives it.")
      .def("_with", &Config::with, py::arg("overrides"))
      .def_property_readonly("yaml", &Config::yaml, "The resolved configuration as YAML, defaults included.")
      .def("settings", &settings_dict, "Every setting by its full key, {'train.steps': 1000, ...}.")
      .def("__getitem__",
           [](const Config& config, const std::string& key) -> py::object {
             const py::dict settings = settings_dict(config);
             if (!settings.contains(key.c_str())) throw py::key_error(key);
             return settings[key.c_str()];
           })
      .def("__repr__", &Config::yaml)
      .def("__eq__", [](const Config& one, const Config& other) { return one.yaml() == other.yaml(); });
  module.def(
      "_find_config", [](const std::string& name) { return find_config(name); }, py::arg("name"));
}

}  // namespace cebm::python

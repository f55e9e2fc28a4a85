#include "config.h"

#include <cebm/errors.h>

#include <cmath>

#include "tensorboard/event_text.h"

namespace cebm::python {

namespace {

Config config_of(const ConfigNode& node) {
  auto run = std::make_unique<RunConfig>(catalog());
  read_options(node, *run);
  return Config(std::move(run));
}

py::object object_of(const HyperParameter& value) {
  return std::visit([](const auto& one) -> py::object { return py::cast(one); }, value);
}

/// {"train.steps": 1000.0, ...}; whole numbers as int.
py::dict settings_dict(const Config& config) {
  py::dict dict;
  for (const auto& [key, value] : settings_of(config.yaml())) {
    py::object object = object_of(value);
    const double* number = std::get_if<double>(&value);
    const bool whole = number != nullptr && std::abs(*number) < 9e15 && *number == std::floor(*number);
    dict[key.c_str()] = whole ? py::object(py::int_(static_cast<std::int64_t>(*number))) : object;
  }
  return dict;
}

}  // namespace

Config Config::load(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return config_of(load_config(file, overrides));
}

Config Config::parse(const std::string& yaml) { return config_of(parse_config(yaml)); }

Config Config::with(const std::vector<std::string>& overrides) const {
  ConfigNode node = parse_config(yaml());
  apply_overrides(node, overrides);
  return config_of(node);
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

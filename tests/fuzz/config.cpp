// Configurations with settings of every kind, and an override (--set) after the first zero byte.
#include <cebm/errors.h>

#include <string_view>

#include "base/config_toy.h"
#include "fuzz/fuzzers.h"
#include "fuzz/input_file.h"

namespace {

using namespace cebm;

void resolve(const std::string& yaml, const std::vector<std::string>& overrides) {
  static const auto catalog = toy::make_catalog();
  toy::RootOptions options(catalog);
  ConfigNode node = parse_config(yaml, "input.yaml");
  apply_overrides(node, overrides);
  read_options(node, options);
  const std::string resolved = dump_options(options);
  if (toy::resolve(resolved) != resolved) std::abort();  // a configuration is kept in its resolved form
}

}  // namespace

void cebm::fuzz::config(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = text.find('\0');
  std::vector<std::string> overrides;
  if (zero != std::string_view::npos) overrides.emplace_back(text.substr(zero + 1));
  may_refuse<ConfigError>([&] { resolve(std::string(text.substr(0, zero)), overrides); });
}

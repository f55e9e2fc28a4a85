#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/home.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/config_tree.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

// `asked_by` is the prefix of error messages: the line whose `extends` names the file, or empty.
std::string read_text(const fs::path& file, const std::string& asked_by) {
  const auto refuse = [&](const std::string& found) {
    throw ConfigError(asked_by + file.string() + ": expected a configuration file, found " + found);
  };
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) refuse("a directory");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(errno == ENOENT ? "no such file" : std::generic_category().message(errno));
  // One byte more than allowed reveals a file that is too large, without trusting its size (pipes, devices).
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) refuse("a read error");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxConfigBytes) refuse("more than " + std::to_string(kMaxConfigBytes) + " bytes");
  return text;
}

/// Whether there is anything but blanks and comments.
bool has_content(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string::npos && line[first] != '#') return true;
  }
  return false;
}

fs::path extended_file(const fs::path& extending, const std::string& name, const std::string& asked_by) {
  try {
    return (extending.parent_path() / expand_home(name)).lexically_normal();
  } catch (const ConfigError& error) {
    throw ConfigError(asked_by + error.what());
  }
}

std::string chain_text(const std::vector<fs::path>& chain) {
  std::string text;
  for (const fs::path& file : chain) text += (text.empty() ? "" : " -> ") + file.string();
  return text;
}

// The canonical path, the same for every spelling of a file's path.
fs::path identity(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(file, ignored);
}

void refuse_endless_chain(const std::vector<fs::path>& chain, const std::string& asked_by) {
  const fs::path newest = identity(chain.back());
  const bool loop =
      std::any_of(chain.begin(), chain.end() - 1, [&](const fs::path& file) { return identity(file) == newest; });
  if (loop) throw ConfigError(asked_by + "expected a chain that ends, found a loop: " + chain_text(chain));
  if (chain.size() > kMaxConfigFiles) {
    throw ConfigError(asked_by + "expected at most " + std::to_string(kMaxConfigFiles) +
                      " files in a chain, found more: " + chain_text(chain));
  }
}

}  // namespace

ConfigNode load_config(const fs::path& file, const std::vector<std::string>& overrides) {
  std::vector<ConfigNode> layers;  // the file, what it extends, what that extends, ...
  std::vector<fs::path> chain{file};
  std::string asked_by;
  while (layers.size() < chain.size()) {
    const fs::path current = chain.back();
    const std::string text = read_text(current, asked_by);
    if (!has_content(text)) {
      throw ConfigError(asked_by + current.string() + ": expected settings, found " +
                        (text.empty() ? "an empty file" : "only comments") + "; {} stands for the defaults");
    }
    ConfigNode layer = parse_yaml(text, {current.string(), 1, -static_cast<int>(layers.size())});
    require_map(layer);
    const auto extends = std::find_if(layer.children.begin(), layer.children.end(),
                                      [](const auto& child) { return child.first == "extends"; });
    if (extends != layer.children.end()) {
      asked_by = extends->second.where.describe() + ": extends: ";
      if (extends->second.kind != ConfigNode::Kind::scalar || extends->second.scalar.empty()) {
        throw ConfigError(asked_by + "expected the path of one file, found another kind of value");
      }
      chain.push_back(extended_file(current, extends->second.scalar, asked_by));
      refuse_endless_chain(chain, asked_by);
      layer.children.erase(extends);
    }
    layers.push_back(std::move(layer));
  }

  ConfigNode config = std::move(layers.back());
  layers.pop_back();
  for (; !layers.empty(); layers.pop_back()) merge_config(config, std::move(layers.back()));
  apply_overrides(config, overrides);
  return config;
}

}  // namespace cebm

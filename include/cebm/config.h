/// YAML configuration files: loading with `extends` and overrides, strict reading into Options, resolved dump,
/// reference page.
///
/// A file may start from another one with `extends: other.yaml` (path relative to the file); maps are merged key by
/// key, scalars and lists are replaced. When a merged map changes the `name` of a variant, the keys of the base's
/// variant are dropped: they belong to another component. `bias: gaussian` is short for `bias: {name: gaussian}`.
/// A key without a value stands for an empty section. YAML aliases, tags and several documents are refused.
#pragma once

#include <cebm/options.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Where a value was written: file and 1-based line, or the command line.
struct SourceLocation {
  std::string file;              ///< "--set train.steps=x" for overrides
  int line = 0;                  ///< 0: not in a file
  int layer = 0;                 ///< 0: the file; -1, -2, ...: files it extends; 1, 2, ...: overrides; higher ones win
  std::string describe() const;  ///< "configs/a.yaml:12" or "--set train.steps=x"
};

/// A parsed configuration value: scalar, list, or map (an empty one where no value was written). Every value remembers
/// where it was written; in a map that is the line of its key.
struct ConfigNode {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::map;
  std::string scalar;                                        ///< of a map: "~" if that was written as the value
  std::vector<ConfigNode> items;                             ///< list
  std::vector<std::pair<std::string, ConfigNode>> children;  ///< map, in file order
  SourceLocation where;

  const ConfigNode* find(const std::string& key) const;
};

/// Reads `file`, its `extends` chain, and applies overrides "a.b.c=value" (value in YAML syntax) in order.
/// Throws ConfigError naming file and line: missing file, YAML syntax, duplicate keys, extends loops, malformed
/// overrides, files over 1 MiB or 10,000 values, nesting or chains deeper than 32.
ConfigNode load_config(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The same from a string, for tests and programs, without `extends`; `name` stands for the file in messages.
ConfigNode parse_config(const std::string& yaml, const std::string& name = "config");

/// Applies overrides "a.b.c=value" to a parsed configuration; as in load_config. They are merged as one file would be:
/// a name that one of them changes drops the keys of `node`'s variant, not those that the others set, in any order;
/// when two give different names, the later drops what the earlier had. `flag`: where they were given, for messages.
void apply_overrides(ConfigNode& node, const std::vector<std::string>& overrides, const std::string& flag = "--set");

/// Reads `node` into `options`; settings that it does not mention keep their values. A setting that exists only with
/// another choice (Fields::absent) is refused, unless a higher layer has made the present choice: then it has no
/// effect. Unknown keys, wrong types and values out of range throw ConfigError with file, line, the full key
/// (train.batch_size), what was expected, what was found and, for unknown keys, the nearest known key.
void read_options(const ConfigNode& node, Options& options);
/// The same for a configuration written by a program. Settings that exist only with another choice are ignored, since
/// earlier versions wrote them.
void read_recorded_options(const ConfigNode& node, Options& options);

/// A setting that a file or an override sets but nothing reads, because of the values of other settings.
struct UnusedSetting {
  std::string key;               ///< full key; a section or variant of which nothing is read is listed once
  SourceLocation where;          ///< where it was written
  std::string read_with;         ///< when it would be read: "noise: fixed"
  std::string describe() const;  ///< "a.yaml:3: sampler.noise_std: has no effect: it is read only with noise: fixed"
};

/// The settings of `node` that have no effect, given the `options` read from it, in the order of Options::fields.
std::vector<UnusedSetting> unused_settings(const ConfigNode& node, const Options& options);

/// The configuration as YAML, defaults included, without settings that nothing reads; reading it back gives equivalent
/// options. Numbers are written so that YAML 1.1 readers such as PyYAML parse them as numbers.
std::string dump_options(const Options& options);

/// Full keys of the harmless settings (Fields::harmless), as in the dump: "train.steps". A section is represented by
/// its settings, a variant by its name and the settings of the chosen alternative.
std::set<std::string> harmless_keys(const Options& options);

/// One documented key. Sections and the alternatives of a variant have a line of their own, of type "section".
struct FieldDoc {
  std::string key;    ///< full key; for a variant's own keys "model[name=cebm].bias..."
  std::string type;   ///< "integer in [1, 1000000]", "one of a, b", ...
  std::string value;  ///< default
  std::string help;
  bool harmless = false;  ///< may change when a run is resumed
};

/// Every key of `options` and of all alternatives of its variants.
std::vector<FieldDoc> document_options(const Options& options);

/// The reference as plain text for a terminal, and as Markdown with this heading.
std::string reference_text(const std::vector<FieldDoc>& docs);
std::string reference_markdown(const std::vector<FieldDoc>& docs, const std::string& title = "Configuration reference");

/// The word of `known` nearest to `word` by edit distance, or "" if none is close enough.
std::string nearest_name(const std::string& word, const std::vector<std::string>& known);

}  // namespace cebm

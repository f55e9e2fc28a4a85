/// Typed configuration. A component describes its settings once, in `fields`; reading, range checks, the resolved
/// dump and the reference page all come from that one description.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

class Fields;

/// A group of settings: plain members with defaults, named and documented in `fields`.
class Options {
 public:
  virtual ~Options() = default;
  virtual void fields(Fields& visit) = 0;

 protected:
  Options() = default;
  Options(const Options&) = default;
  Options& operator=(const Options&) = default;
};

/// Closed range of a number, by default unbounded.
template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

/// The values of other settings with which a setting is read, as in a configuration: "noise: fixed".
struct Condition {
  bool holds = true;
  std::string text;
};

/// A setting whose value names one row of a registry and carries that row's own options: in YAML a map with the key
/// `name` and the row's keys beside it.
class Variant {
 public:
  /// The name and summary of a row.
  struct Alternative {
    std::string name;
    std::string summary;
  };

  virtual ~Variant() = default;
  virtual const std::string& name() const = 0;
  virtual Options& options() = 0;
  virtual const Options& options() const = 0;
  /// Chooses another row and sets its options to their defaults. Throws ConfigError with the nearest name.
  virtual void select(const std::string& name) = 0;
  virtual std::vector<Alternative> alternatives() const = 0;
  /// Options of the row `name` with their defaults (for the reference page).
  virtual std::unique_ptr<Options> defaults_of(const std::string& name) const = 0;
};

/// Visitor over the settings of an Options object. Implementations read YAML into the members, write the members
/// out, or print the reference page.
class Fields {
 public:
  virtual ~Fields() = default;

  virtual void integer(const char* name, std::int64_t& value, Range<std::int64_t> range, const char* help) = 0;
  virtual void real(const char* name, double& value, Range<double> range, const char* help) = 0;
  virtual void boolean(const char* name, bool& value, const char* help) = 0;
  virtual void text(const char* name, std::string& value, const char* help) = 0;
  /// A file or folder. In a configuration ~ and ~user at its start stand for home directories (home.h).
  virtual void path(const char* name, std::filesystem::path& value, const char* help) = 0;
  /// One word out of `allowed`.
  virtual void word(const char* name, std::string& value, std::span<const std::string> allowed, const char* help) = 0;
  /// A list of integers. Read also from one text, two or more separated by commas: "1, 5".
  virtual void integers(const char* name, std::vector<std::int64_t>& value, Range<std::int64_t> range,
                        const char* help) = 0;
  /// A list of texts, none empty and none twice. Read also from one text, the items separated by commas: "a, b".
  virtual void texts(const char* name, std::vector<std::string>& value, const char* help) = 0;
  /// The same with every item one of `allowed`.
  virtual void words(const char* name, std::vector<std::string>& value, std::span<const std::string> allowed,
                     const char* help) {
    (void)allowed;
    texts(name, value, help);
  }
  virtual void section(const char* name, Options& value, const char* help) = 0;
  virtual void variant(const char* name, Variant& value, const char* help) = 0;

  /// Marks the settings that `describe` visits as read only if the condition holds. They are accepted in any case, but
  /// if it does not hold, unused_settings() lists them and a dump omits them. The reference page names the condition.
  template <class Describe>
  void when(const Condition& condition, const Describe& describe) {
    begin_condition(condition);
    describe();
    end_condition();
  }
  /// Marks the settings that `visit_settings` visits as harmless: they change no number of a run, only its length, what
  /// it writes, or where its data are: visit.harmless([&] { visit.integer("steps", ...); }). A run may be resumed with
  /// other values of them.
  virtual void harmless(const std::function<void()>& visit_settings) { visit_settings(); }
  /// Declares that, as the settings are, what the setting `name` describes changes up to the training's last step, and
  /// so takes another course in a run that is resumed with another length.
  virtual void ends_with_training(const char* name) { (void)name; }
  /// Declares the settings that `describe` visits as existing in this section only if `choice`, a setting of the same
  /// section or of the top level, is as in `only_with` ("objective: pcd"). Settings visited before are exempt.
  virtual void absent(const char* choice, const std::string& only_with, const std::function<void(Fields&)>& describe) {
    (void)choice;
    (void)only_with;
    (void)describe;
  }

  /// An enumeration, given as pairs of the word in the file and the value.
  template <class Enum>
  void enumeration(const char* name, Enum& value, std::span<const std::pair<const char*, Enum>> names,
                   const char* help) {
    std::vector<std::string> allowed;
    std::string chosen;
    for (const auto& [label, meaning] : names) {
      allowed.emplace_back(label);
      if (meaning == value) chosen = label;
    }
    word(name, chosen, allowed, help);
    for (const auto& [label, meaning] : names) {
      if (chosen == label && value != meaning) value = meaning;  // a visitor that only looks changes nothing
    }
  }

 protected:
  virtual void begin_condition(const Condition& condition) { (void)condition; }
  virtual void end_condition() {}
};

/// Options described by a function, for a section whose conditions depend on other sections.
template <class Describe>
class DescribedBy final : public Options {
 public:
  explicit DescribedBy(Describe describe) : describe_(std::move(describe)) {}
  void fields(Fields& visit) override { describe_(visit); }

 private:
  Describe describe_;
};

/// The names of the settings that `describe` visits, without those inside sections and variants.
std::vector<std::string> field_names(const std::function<void(Fields&)>& describe);

}  // namespace cebm

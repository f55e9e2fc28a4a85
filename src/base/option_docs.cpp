#include <cebm/config.h>

#include <algorithm>
#include <utility>

#include "base/option_text.h"

namespace cebm {

namespace {

std::vector<std::string> names_of(const std::vector<Variant::Alternative>& alternatives) {
  std::vector<std::string> names;
  for (const auto& alternative : alternatives) names.push_back(alternative.name);
  return names;
}

class Documenter final : public Fields {
 public:
  void integer(const char* name, std::int64_t& value, Range<std::int64_t> range, const char* help) override {
    add(name, integer_type(range), std::to_string(value), help);
  }
  void real(const char* name, double& value, Range<double> range, const char* help) override {
    add(name, number_type(range), number_text(value), help);
  }
  void boolean(const char* name, bool& value, const char* help) override {
    add(name, "true or false", value ? "true" : "false", help);
  }
  void text(const char* name, std::string& value, const char* help) override {
    add(name, "text", "\"" + value + "\"", help);
  }
  void path(const char* name, std::filesystem::path& value, const char* help) override {
    add(name, "path", "\"" + value.string() + "\"", help);
  }
  void word(const char* name, std::string& value, std::span<const std::string> allowed, const char* help) override {
    add(name, word_type(allowed), value, help);
  }
  void integers(const char* name, std::vector<std::int64_t>& value, Range<std::int64_t> range,
                const char* help) override {
    add(name, integers_type(range), list_text(value), help);
  }
  void texts(const char* name, std::vector<std::string>& value, const char* help) override {
    add(name, "list of texts", list_text(value), help);
  }
  void words(const char* name, std::vector<std::string>& value, std::span<const std::string> allowed,
             const char* help) override {
    add(name, words_type(allowed), list_text(value), help);
  }
  void section(const char* name, Options& value, const char* help) override {
    add(name, "section", "", help);
    descend(key(name), value);
  }

  void variant(const char* name, Variant& value, const char* help) override {
    const auto alternatives = value.alternatives();
    const auto names = names_of(alternatives);
    add(name, word_type(names), value.name(), help);
    // A component that contains another of its own family would recurse for ever.
    if (std::find(open_.begin(), open_.end(), names) != open_.end()) return;
    open_.push_back(names);
    for (const auto& alternative : alternatives) {
      const std::string row = key(name) + "[name=" + alternative.name + "]";
      docs_.push_back({row, "section", "", alternative.summary, harmless_});
      if (alternative.name == value.name()) {
        descend(row, value.options());
      } else {
        descend(row, *value.defaults_of(alternative.name));
      }
    }
    open_.pop_back();
  }

  void harmless(const std::function<void()>& visit_settings) override {
    const bool above = std::exchange(harmless_, true);
    visit_settings();
    harmless_ = above;
  }

  void absent(const char*, const std::string& only_with, const std::function<void(Fields&)>& describe) override {
    Documenter inside;
    inside.key_ = key_;
    inside.conditions_ = {only_with};
    inside.harmless_ = harmless_;
    describe(inside);
    for (FieldDoc& doc : inside.docs_) {
      if (std::ranges::find(docs_, doc.key, &FieldDoc::key) == docs_.end()) docs_.push_back(std::move(doc));
    }
  }

  std::vector<FieldDoc> take() { return std::move(docs_); }

 protected:
  void begin_condition(const Condition& condition) override { conditions_.push_back(condition.text); }
  void end_condition() override { conditions_.pop_back(); }

 private:
  std::string key(const std::string& name) const { return key_.empty() ? name : key_ + "." + name; }

  void add(const char* name, std::string type, std::string value, const char* help) {
    const std::string condition = conditions_.empty() ? "" : "; read only with " + join(conditions_, " and ");
    docs_.push_back({key(name), std::move(type), std::move(value), help + condition, harmless_});
  }

  void descend(const std::string& into, const Options& options) {
    std::string above = std::exchange(key_, into);
    std::vector<std::string> conditions = std::exchange(conditions_, {});
    look_at_fields(options, *this);
    key_ = std::move(above);
    conditions_ = std::move(conditions);
  }

  std::string key_;
  std::vector<std::string> conditions_;  // of the settings that are being visited, in their own section
  bool harmless_ = false;
  std::vector<std::vector<std::string>> open_;  // names of the variants that are being documented
  std::vector<FieldDoc> docs_;
};

}  // namespace

std::vector<FieldDoc> document_options(const Options& options) {
  Documenter documenter;
  look_at_fields(options, documenter);
  return documenter.take();
}

}  // namespace cebm

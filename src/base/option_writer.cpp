#include <cebm/config.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>
#include <yaml-cpp/stlemitter.h>

#include "base/open_conditions.h"
#include "base/option_text.h"

namespace cebm {

namespace {

class OptionWriter final : public Fields {
 public:
  explicit OptionWriter(YAML::Emitter& out) : out_(out) {}

  void integer(const char* name, std::int64_t& value, Range<std::int64_t>, const char*) override {
    write(name, std::to_string(value));
  }
  void real(const char* name, double& value, Range<double>, const char*) override { write(name, number_text(value)); }
  void boolean(const char* name, bool& value, const char*) override { write(name, value ? "true" : "false"); }
  // Quoted always: free text may look like any other type.
  void text(const char* name, std::string& value, const char*) override { write(name, YAML::DoubleQuoted, value); }
  void path(const char* name, std::filesystem::path& value, const char*) override {
    write(name, YAML::DoubleQuoted, value.string());
  }
  void word(const char* name, std::string& value, std::span<const std::string>, const char*) override {
    write(name, value);
  }
  void integers(const char* name, std::vector<std::int64_t>& value, Range<std::int64_t>, const char*) override {
    write(name, YAML::Flow, value);
  }
  void texts(const char* name, std::vector<std::string>& value, const char*) override {
    if (!conditions_.all_hold()) return;
    write(name, YAML::Flow, YAML::BeginSeq);
    for (const std::string& item : value) out_ << YAML::DoubleQuoted << item;
    out_ << YAML::EndSeq;
  }
  void section(const char* name, Options& value, const char*) override {
    if (!conditions_.all_hold()) return;
    write(name, YAML::BeginMap);
    value.fields(*this);
    out_ << YAML::EndMap;
  }
  void variant(const char* name, Variant& value, const char*) override {
    if (!conditions_.all_hold()) return;
    write(name, YAML::BeginMap);
    write("name", value.name());
    value.options().fields(*this);
    out_ << YAML::EndMap;
  }

 protected:
  void begin_condition(const Condition& condition) override { conditions_.begin(condition); }
  void end_condition() override { conditions_.end(); }

 private:
  template <class... Values>
  void write(const char* name, const Values&... values) {
    if (!conditions_.all_hold()) return;
    out_ << YAML::Key << name << YAML::Value;
    (out_ << ... << values);
  }

  YAML::Emitter& out_;
  OpenConditions conditions_;
};

}  // namespace

std::string dump_options(const Options& options) {
  YAML::Emitter out;
  OptionWriter writer(out);
  out << YAML::BeginMap;
  look_at_fields(options, writer);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace cebm

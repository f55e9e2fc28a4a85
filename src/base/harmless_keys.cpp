#include <cebm/config.h>

#include <utility>

#include "base/field_looker.h"
#include "base/option_text.h"

namespace cebm {

namespace {

class HarmlessKeys final : public FieldLooker {
 public:
  void section(const char* name, Options& value, const char*) override { descend(name, value); }
  void variant(const char* name, Variant& value, const char*) override {
    look((std::string(name) + ".name").c_str());
    descend(name, value.options());
  }
  void harmless(const std::function<void()>& visit_settings) override {
    const bool above = std::exchange(harmless_, true);
    visit_settings();
    harmless_ = above;
  }

  std::set<std::string> take() { return std::move(keys_); }

 private:
  void look(const char* name) override {
    if (harmless_) keys_.insert(prefix_ + name);
  }

  void descend(const char* name, const Options& options) {
    const std::string above = std::exchange(prefix_, prefix_ + name + ".");
    look_at_fields(options, *this);
    prefix_ = above;
  }

  std::set<std::string> keys_;
  std::string prefix_;
  bool harmless_ = false;
};

}  // namespace

std::set<std::string> harmless_keys(const Options& options) {
  HarmlessKeys looker;
  look_at_fields(options, looker);
  return looker.take();
}

}  // namespace cebm

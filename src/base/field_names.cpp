#include "base/field_looker.h"

namespace cebm {

namespace {

class NameCollector final : public FieldLooker {
 public:
  void section(const char* name, Options&, const char*) override { look(name); }
  void variant(const char* name, Variant&, const char*) override { look(name); }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  void look(const char* name) override { names_.emplace_back(name); }

  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> field_names(const std::function<void(Fields&)>& describe) {
  NameCollector collector;
  describe(collector);
  return collector.take();
}

}  // namespace cebm

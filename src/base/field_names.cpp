#include <cebm/options.h>

namespace cebm {

namespace {

class NameCollector final : public Fields {
 public:
  void integer(const char* name, std::int64_t&, Range<std::int64_t>, const char*) override { add(name); }
  void real(const char* name, double&, Range<double>, const char*) override { add(name); }
  void boolean(const char* name, bool&, const char*) override { add(name); }
  void text(const char* name, std::string&, const char*) override { add(name); }
  void path(const char* name, std::filesystem::path&, const char*) override { add(name); }
  void word(const char* name, std::string&, std::span<const std::string>, const char*) override { add(name); }
  void integers(const char* name, std::vector<std::int64_t>&, Range<std::int64_t>, const char*) override { add(name); }
  void texts(const char* name, std::vector<std::string>&, const char*) override { add(name); }
  void words(const char* name, std::vector<std::string>&, std::span<const std::string>, const char*) override {
    add(name);
  }
  void section(const char* name, Options&, const char*) override { add(name); }
  void variant(const char* name, Variant&, const char*) override { add(name); }

  std::vector<std::string> take() { return std::move(names_); }

 private:
  void add(const char* name) { names_.emplace_back(name); }
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> field_names(const std::function<void(Fields&)>& describe) {
  NameCollector collector;
  describe(collector);
  return collector.take();
}

}  // namespace cebm

/// Base of visitors that need only the names of settings, not their values.
#pragma once

#include <cebm/options.h>

namespace cebm {

class FieldLooker : public Fields {
 public:
  void integer(const char* name, std::int64_t&, Range<std::int64_t>, const char*) final { look(name); }
  void real(const char* name, double&, Range<double>, const char*) final { look(name); }
  void boolean(const char* name, bool&, const char*) final { look(name); }
  void text(const char* name, std::string&, const char*) final { look(name); }
  void path(const char* name, std::filesystem::path&, const char*) final { look(name); }
  void word(const char* name, std::string&, std::span<const std::string>, const char*) final { look(name); }
  void integers(const char* name, std::vector<std::int64_t>&, Range<std::int64_t>, const char*) final { look(name); }
  void texts(const char* name, std::vector<std::string>&, const char*) final { look(name); }
  void words(const char* name, std::vector<std::string>&, std::span<const std::string>, const char*) final {
    look(name);
  }

 protected:
  /// Called for every setting that is neither a section nor a variant.
  virtual void look(const char* name) = 0;
};

}  // namespace cebm

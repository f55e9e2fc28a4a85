#include <cebm/errors.h>
#include <cebm/home.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace cebm {

namespace {

/// The home directory of `user`, or of this process's user if the name is empty.
std::string home_of(const std::string& user) {
  const char* const variable = std::getenv("HOME");
  if (user.empty() && variable != nullptr && *variable != '\0') return variable;
  const passwd* const entry = user.empty() ? ::getpwuid(::getuid()) : ::getpwnam(user.c_str());
  if (entry != nullptr && entry->pw_dir != nullptr && *entry->pw_dir != '\0') return entry->pw_dir;
  if (user.empty()) throw ConfigError("~: expected a home directory, found none; set HOME or write the path out");
  throw ConfigError("~" + user + ": expected the home of a user, found no user of this name; write ./~" + user +
                    " for a file or folder that is called so");
}

}  // namespace

std::filesystem::path expand_home(const std::filesystem::path& path) {
  const std::string& text = path.native();
  if (!text.starts_with('~')) return path;
  const std::size_t slash = std::min(text.find('/'), text.size());
  return home_of(text.substr(1, slash - 1)) + text.substr(slash);
}

}  // namespace cebm

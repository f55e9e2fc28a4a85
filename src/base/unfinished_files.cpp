#include "base/unfinished_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/descriptor.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSuffix = ".tmp";
constexpr std::chrono::hours kAbandoned{24};

struct UnfinishedName {
  std::string target;
  pid_t writer;
};

/// The parts of .<target>.<pid>.tmp, or nothing for any other name.
std::optional<UnfinishedName> parse(const std::string& name) {
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string stem = name.substr(1, name.size() - 1 - kSuffix.size());
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  pid_t writer = 0;
  const char* end = stem.data() + stem.size();
  const auto [stop, error] = std::from_chars(stem.data() + dot + 1, end, writer);
  if (error != std::errc() || stop != end || writer <= 0) return std::nullopt;
  return UnfinishedName{stem.substr(0, dot), writer};
}

void remove_where(const fs::path& directory, Leftovers whose,
                  const std::function<bool(const std::string& target)>& wanted) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const auto name = parse(entry.path().filename().string());
    if (name && wanted(name->target) && is_leftover(entry.path(), name->writer, whose))
      fs::remove_all(entry.path(), ignored);  // a folder where a link was copied as what it led to
  }
}

}  // namespace

fs::path unfinished_name(const fs::path& file) {
  return folder_of(file) / ("." + file.filename().string() + "." + std::to_string(::getpid()) + std::string(kSuffix));
}

bool is_leftover(const fs::path& path, pid_t writer, Leftovers whose) {
  if (whose == Leftovers::of_anyone || writer == ::getpid()) return true;
  if (::kill(writer, 0) != 0 && errno == ESRCH) return true;
  std::error_code unknown;
  const auto changed = fs::last_write_time(path, unknown);
  return !unknown && fs::file_time_type::clock::now() - changed > kAbandoned;
}

void remove_unfinished_files(const fs::path& directory, Leftovers whose) {
  remove_where(directory, whose, [](const std::string&) { return true; });
}

void remove_unfinished_versions(const fs::path& file, Leftovers whose) {
  remove_where(folder_of(file), whose, [&](const std::string& target) { return target == file.filename(); });
}

}  // namespace cebm

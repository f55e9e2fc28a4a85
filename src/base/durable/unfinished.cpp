#include "base/durable/unfinished.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/durable/new_folder.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kUnfinished = ".tmp-";
constexpr std::string_view kReplaced = ".old-";
constexpr std::string_view kOldSuffix = ".tmp";  ///< earlier versions wrote files as .<name>.<process id>.tmp
constexpr std::chrono::hours kAbandoned{24};

fs::path hidden(const fs::path& target, std::string_view kind) {
  return folder_of(target) / ("." + target.filename().string() + std::string(kind) + std::to_string(::getpid()));
}

struct HiddenName {
  std::string target;
  pid_t writer;
  bool replaced = false;
};

/// Parses .<target><kind><process id>; returns nothing for any other name.
std::optional<HiddenName> parse(std::string_view name, std::string_view kind) {
  const std::size_t at = name.rfind(kind);
  if (!name.starts_with('.') || at == std::string_view::npos || at == 0) return std::nullopt;
  pid_t writer = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + at + kind.size(), end, writer);
  if (error != std::errc() || stop != end || writer <= 0) return std::nullopt;
  return HiddenName{std::string(name.substr(1, at - 1)), writer, kind == kReplaced};
}

std::optional<HiddenName> parse(std::string_view name) {
  for (const std::string_view kind : {kUnfinished, kReplaced})
    if (auto parsed = parse(name, kind)) return parsed;
  if (!name.ends_with(kOldSuffix)) return std::nullopt;
  return parse(name.substr(0, name.size() - kOldSuffix.size()), ".");
}

bool is_leftover(const fs::path& path, pid_t writer, Leftovers whose) {
  if (whose == Leftovers::of_anyone || writer == ::getpid()) return true;
  if (::kill(writer, 0) != 0 && errno == ESRCH) return true;
  std::error_code unknown;
  const auto changed = fs::last_write_time(path, unknown);
  return !unknown && fs::file_time_type::clock::now() - changed > kAbandoned;
}

void clean_up(const fs::path& directory, Leftovers whose, const std::optional<std::string>& only) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const auto name = parse(entry.path().filename().string());
    if (!name || (only && name->target != *only) || !is_leftover(entry.path(), name->writer, whose)) continue;
    const fs::path target = directory / name->target;
    if (name->replaced && !fs::exists(target, ignored))
      rename_folder(entry.path(), target, "", ignored);
    else
      fs::remove_all(entry.path(), ignored);  // a link is a folder after a copy that followed links
  }
}

}  // namespace

fs::path unfinished_name(const fs::path& target) { return hidden(target, kUnfinished); }
fs::path replaced_name(const fs::path& target) { return hidden(target, kReplaced); }
fs::path part_name(const fs::path& target) { return fs::path(target).concat(".part"); }

void clean_up(const fs::path& directory, Leftovers whose) { clean_up(directory, whose, std::nullopt); }
void clean_up_versions_of(const fs::path& target, Leftovers whose) {
  clean_up(folder_of(target), whose, target.filename().string());
}

}  // namespace cebm

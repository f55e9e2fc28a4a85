#include "io/unfinished_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "io/descriptor.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSuffix = ".tmp";

/// The process in .<name>.<pid>.tmp; 0 for any other name.
pid_t writer_of(const std::string& name) {
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return 0;
  const std::string stem = name.substr(0, name.size() - kSuffix.size());
  const std::size_t at = stem.rfind('.') + 1;
  pid_t writer = 0;
  const char* end = stem.data() + stem.size();
  const auto [stop, error] = std::from_chars(stem.data() + at, end, writer);
  return error == std::errc() && stop == end && writer > 0 ? writer : 0;
}

}  // namespace

fs::path unfinished_name(const fs::path& file) {
  return folder_of(file) / ("." + file.filename().string() + "." + std::to_string(::getpid()) + std::string(kSuffix));
}

void remove_unfinished_files(const fs::path& directory) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const pid_t writer = writer_of(entry.path().filename().string());
    const bool ended = writer == ::getpid() || (::kill(writer, 0) != 0 && errno == ESRCH);
    if (writer != 0 && ended) fs::remove(entry.path(), ignored);
  }
}

}  // namespace cebm

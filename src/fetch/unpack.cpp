#include "fetch/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <cebm/errors.h>
#include <cebm/text.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "base/descriptor.h"
#include "base/digest.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kArchiveBlock = std::size_t{1} << 18;
constexpr std::size_t kMaxName = 255;
constexpr int kMaxDepth = 32;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

class Unpacker {
 public:
  Unpacker(const fs::path& file, const std::string& top, const fs::path& into, const UnpackLimits& limits)
      : file_(file), top_(top), into_(into), limits_(limits), reader_(archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_zip(reader_.get());
    if (archive_read_open_filename(reader_.get(), file.c_str(), kArchiveBlock) != ARCHIVE_OK) fail_reading();
  }

  std::optional<std::vector<UnpackedFile>> run(const std::function<bool()>& should_stop) {
    while (true) {
      if (should_stop && should_stop()) return std::nullopt;
      archive_entry* entry = nullptr;
      const int code = archive_read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) fail_reading();
      if (++entries_ > limits_.entries) refuse("more than " + std::to_string(limits_.entries) + " entries");
      take(entry);
    }
    if (written_.empty()) refuse("expected files in a folder '" + top_ + "', found none");
    return std::move(written_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw DataError(file_.string() + ": " + what); }
  [[noreturn]] void refuse_entry(const std::string& what) const { refuse("entry '" + printable(name_) + "' " + what); }
  [[noreturn]] void fail_reading() const {
    const char* const reason = archive_error_string(reader_.get());
    refuse("expected an intact archive (tar, tar.gz or zip), found: " +
           std::string(reason == nullptr ? "something else" : reason));
  }

  void take(archive_entry* entry) {
    name_ = name_of(entry);
    std::string path;
    try {
      path = safe_path(name_);
    } catch (const DataError& problem) {
      refuse(problem.what());
    }
    if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_utf8(entry) != nullptr)
      refuse_entry("is a hard link; only files and folders are unpacked");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFLNK) refuse_entry("is a symbolic link; only files and folders are unpacked");
    if (type != AE_IFREG && type != AE_IFDIR) refuse_entry("is neither a file nor a folder");
    if (path != top_ && !path.starts_with(top_ + "/")) return;
    const fs::path below = path.size() > top_.size() ? path.substr(top_.size() + 1) : "";
    if (type == AE_IFDIR) {
      make_folder(into_ / below);
    } else {
      if (below.empty() || below == kManifestName) refuse_entry("takes a name that is not free");
      write(entry, below);
    }
  }

  static std::string name_of(archive_entry* entry) {
    // In the C locale names beyond ASCII may exist in UTF-8 only.
    if (const char* const name = archive_entry_pathname(entry)) return name;
    const char* const utf8 = archive_entry_pathname_utf8(entry);
    return utf8 == nullptr ? "" : utf8;
  }

  void make_folder(const fs::path& folder) const {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error == std::errc::not_a_directory || error == std::errc::file_exists)
      refuse_entry("needs a file to be a folder");
    if (error) throw_io_error(folder, "the folder cannot be made", error.value());
  }

  void write(archive_entry* entry, const fs::path& below) {
    if (archive_entry_size_is_set(entry) != 0) {
      require_room(static_cast<std::uint64_t>(std::max<std::int64_t>(0, archive_entry_size(entry))));
    }
    const fs::path target = into_ / below;
    make_folder(target.parent_path());
    Descriptor output(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!output.is_open() && errno == EEXIST) refuse_entry("comes twice");
    if (!output.is_open()) throw_io_error(target, "cannot be created", errno);
    Digest digest(Digest::Kind::sha256);
    UnpackedFile written{below.generic_string(), 0, ""};
    std::string block(kArchiveBlock, '\0');
    while (true) {
      const la_ssize_t got = archive_read_data(reader_.get(), block.data(), block.size());
      if (got < 0) fail_reading();
      if (got == 0) break;
      const auto bytes = std::string_view(block).substr(0, static_cast<std::size_t>(got));
      require_room(bytes.size());
      write_all(output, bytes, target);
      digest.update(bytes);
      written.size += bytes.size();
      total_ += bytes.size();
    }
    if (!output.close()) throw_io_error(target, "cannot be written", errno);
    written.sha256 = digest.hex();
    written_.push_back(std::move(written));
  }

  void require_room(std::uint64_t bytes) const {
    if (bytes > limits_.bytes - total_)
      refuse_entry("makes the content larger than the " + std::to_string(limits_.bytes) + " bytes expected at most");
  }

  fs::path file_;
  std::string top_;
  fs::path into_;
  UnpackLimits limits_;
  std::unique_ptr<archive, FreeReader> reader_;
  std::string name_;
  std::uint64_t entries_ = 0;
  std::uint64_t total_ = 0;
  std::vector<UnpackedFile> written_;
};

}  // namespace

std::string safe_path(const std::string& path) {
  const auto refuse = [&](const std::string& what) { throw DataError("path '" + printable(path) + "' " + what); };
  if (path.empty()) refuse("is empty or not readable as text");
  if (path.front() == '/') refuse("is absolute");
  std::string clean;
  int depth = 0;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") refuse("leads out of its folder");
    if (part.size() > kMaxName) refuse("has a name of more than " + std::to_string(kMaxName) + " bytes");
    if (++depth > kMaxDepth) refuse("is more than " + std::to_string(kMaxDepth) + " folders deep");
    if (readable(part) != part) refuse("holds bytes that are not UTF-8");
    for (const char c : part) {
      if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
        refuse("holds a backslash or a control character");
    }
    clean += (clean.empty() ? "" : "/") + part;
  }
  return clean;
}

std::optional<std::vector<UnpackedFile>> unpack(const fs::path& archive, const std::string& top, const fs::path& into,
                                                const UnpackLimits& limits, const std::function<bool()>& should_stop) {
  return Unpacker(archive, top, into, limits).run(should_stop);
}

}  // namespace cebm

#include "fetch/check.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>

#include "base/digest.h"
#include "io/describe_content.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::uint64_t kUnknownSizeLimit = std::uint64_t{64} << 30;

struct Digests {
  std::string sha256;
  std::string md5;
};

/// Computes only the checksums that the table has.
Digests digests_of(const DataFile& file, const fs::path& path) {
  std::ifstream input(path, std::ios::binary);
  if (!input) throw IoError(path.string() + ": cannot be opened: " + std::generic_category().message(errno));
  std::optional<Digest> sha256;
  std::optional<Digest> md5;
  if (!file.sha256.empty()) sha256.emplace(Digest::Kind::sha256);
  if (!file.md5.empty()) md5.emplace(Digest::Kind::md5);
  std::string block(kBlock, '\0');
  do {
    input.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto bytes = std::string_view(block).substr(0, static_cast<std::size_t>(input.gcount()));
    if (sha256) sha256->update(bytes);
    if (md5) md5->update(bytes);
  } while (input);
  if (!input.eof()) throw IoError(path.string() + ": cannot be read");
  return {sha256 ? sha256->hex() : "", md5 ? md5->hex() : ""};
}

struct CloseGz {
  void operator()(gzFile stream) const { gzclose(stream); }
};

}  // namespace

bool content_is(const fs::path& path, const std::string& sha256, std::uint64_t size) {
  const std::unique_ptr<gzFile_s, CloseGz> stream(gzopen(path.c_str(), "rb"));
  if (!stream) throw IoError(path.string() + ": cannot be opened: " + std::generic_category().message(errno));
  Digest digest(Digest::Kind::sha256);
  std::string block(kBlock, '\0');
  std::uint64_t total = 0;
  while (true) {
    const int got = gzread(stream.get(), block.data(), static_cast<unsigned>(block.size()));
    if (got < 0) return false;
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > size) return false;  // also stops early at a decompression bomb
    digest.update(std::string_view(block).substr(0, static_cast<std::size_t>(got)));
  }
  int code = Z_OK;
  gzerror(stream.get(), &code);
  return code == Z_OK && total == size && digest.hex() == sha256;
}

std::optional<std::string> content_problem(const DataFile& file, const fs::path& path) {
  const Digests found = digests_of(file, path);
  const bool sha256_fits = found.sha256 == file.sha256;
  if (sha256_fits && found.md5 == file.md5) return std::nullopt;
  if (!file.content_sha256.empty() && content_is(path, file.content_sha256, file.content_size)) return std::nullopt;
  std::string problem = sha256_fits ? "expected MD5 " + file.md5 + ", found " + found.md5
                                    : "expected SHA-256 " + file.sha256 + ", found " + found.sha256;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && file.size != 0) {
    problem += " (" + std::to_string(file.size) + " bytes expected, " + std::to_string(size) +
               " found: " + describe_file(path) + ")";
  }
  return problem;
}

std::uint64_t exact_size(const DataFile& file) { return file.content_sha256.empty() ? file.size : 0; }

std::uint64_t size_limit(const DataFile& file) {
  if (file.content_sha256.empty()) return file.size == 0 ? kUnknownSizeLimit : file.size;
  // Compression makes incompressible data a little larger.
  return std::max(file.size, file.content_size + file.content_size / 1000 + (1U << 16));
}

std::vector<std::string> names_of(const DataFile& file) {
  if (file.content_sha256.empty()) return {file.name};
  return names_of(file.name);
}

std::vector<std::string> names_of(const std::string& published) {
  if (!published.ends_with(".gz")) return {published};
  const std::string plain = published.substr(0, published.size() - 3);
  std::vector<std::string> names = {plain, published};
  std::string dotted = plain;
  if (const auto at = dotted.rfind("-idx"); at != std::string::npos) {
    dotted[at] = '.';
    names.push_back(dotted);
    names.push_back(dotted + ".gz");
  }
  return names;
}

CheckedFile check_file(const DataFile& file, const std::vector<fs::path>& folders) {
  const std::vector<std::string> names = names_of(file);
  for (const fs::path& folder : folders) {
    const auto path = find_file(folder, names);
    if (!path) continue;
    const auto problem = content_problem(file, *path);
    return {file.name, problem ? FileState::damaged : FileState::good, *path, problem.value_or("")};
  }
  for (const fs::path& folder : folders) {
    for (const std::string& name : names) {
      std::error_code error;
      if (!fs::exists(folder / name, error)) continue;
      return {file.name, FileState::damaged, folder / name, "expected a file, found a folder or a device"};
    }
  }
  return {file.name, FileState::missing, {}, ""};
}

bool all_good(const std::vector<CheckedFile>& files) {
  return std::all_of(files.begin(), files.end(), [](const auto& file) { return file.state == FileState::good; });
}

}  // namespace cebm

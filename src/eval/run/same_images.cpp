#include "eval/run/same_images.h"

#include <cebm/files.h>

#include <algorithm>
#include <string_view>

#include "base/digest.h"
#include "data/byte_stream.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// A sentence naming a file that both are read from, compared by device and inode; nothing if there is none.
std::optional<std::string> shared_file(const SetSource& a, const SetSource& b) {
  for (const fs::path& mine : a.files) {
    for (const fs::path& other : b.files) {
      std::error_code error;
      if (!fs::equivalent(mine, other, error) || error) continue;
      const std::string also = mine == other ? "" : " (" + other.string() + ")";
      return "both are read from " + mine.string() + also;
    }
  }
  return std::nullopt;
}

/// SHA-256 of the decompressed content: a set may be kept as .gz in one place and without in the other.
std::string digest_of_content(const fs::path& file) {
  ByteStream stream(file);
  Digest digest(Digest::Kind::sha256);
  std::vector<std::uint8_t> block(std::size_t{1} << 20);
  while (const auto count = static_cast<std::size_t>(stream.read(block.data(), std::ssize(block)))) {
    digest.update(std::string_view(reinterpret_cast<const char*>(block.data()), count));
  }
  return digest.hex();
}

bool are_copies(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (!fs::is_regular_file(a, error) || !fs::is_regular_file(b, error)) return false;
  const bool may_differ_in_size = (a.extension() == ".gz") != (b.extension() == ".gz");
  if (!may_differ_in_size && fs::file_size(a, error) != fs::file_size(b, error)) return false;
  return digest_of_content(a) == digest_of_content(b);
}

std::optional<std::string> same_content(const SetSource& a, const SetSource& b) {
  const std::string sha256 = a.provenance.value("sha256", "");
  const bool same = (!sha256.empty() && sha256 == b.provenance.value("sha256", "")) ||
                    (!a.files.empty() && std::ranges::equal(a.files, b.files, are_copies));
  if (!same) return std::nullopt;
  if (a.files.empty() || b.files.empty()) return "their pixels and labels have the SHA-256 " + sha256;
  return a.files.front().string() + " and " + b.files.front().string() + " have the same content";
}

}  // namespace

std::optional<std::string> same_images(const SetSource& a, const SetSource& b) {
  const std::string sets = "data sets " + a.describe() + " and " + b.describe() + " are the same images: ";
  if (a.name == b.name && a.split == b.split) {
    return "data set " + a.describe() + " comes twice" +
           (a.files.empty() ? "" : ", read from " + a.files.front().string()) +
           ": expected another set to compare with";
  }
  if (const auto file = shared_file(a, b)) return sets + *file;
  if (const auto content = same_content(a, b)) return sets + *content;
  return std::nullopt;
}

}  // namespace cebm

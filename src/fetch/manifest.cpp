#include "fetch/manifest.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/text.h>

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "fetch/unpack.h"

namespace cebm {

namespace {

constexpr std::string_view kFormat = "cebm data manifest";
constexpr int kVersion = 1;
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 28;

}  // namespace

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const UnpackedFile& file : manifest.files) {
    files.push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  }
  const nlohmann::ordered_json document = {
      {"format", kFormat}, {"version", kVersion}, {"archive", manifest.archive}, {"files", std::move(files)}};
  write_file_atomically(folder / kManifestName, dump_json(document, 1) + "\n");
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const auto file = folder / kManifestName;
  const std::string text = read_file(file, kMaxBytes);
  try {
    const auto document = parse_json(text);
    if (document.at("format") != kFormat || document.at("version") != kVersion) {
      throw DataError(file.string() + ": expected a " + std::string(kFormat) + " of version " +
                      std::to_string(kVersion));
    }
    Manifest manifest{document.at("archive").get<std::string>(), {}};
    for (const auto& entry : document.at("files")) {
      UnpackedFile unpacked{entry.at("path").get<std::string>(), entry.at("size").get<std::uint64_t>(),
                            entry.at("sha256").get<std::string>()};
      unpacked.path = safe_path(unpacked.path);
      manifest.files.push_back(std::move(unpacked));
    }
    if (manifest.files.empty()) throw DataError(file.string() + ": expected a list of files, found an empty one");
    return manifest;
  } catch (const nlohmann::json::exception& problem) {
    throw DataError(file.string() + ": expected a " + std::string(kFormat) + ", found: " + problem.what());
  }
}

}  // namespace cebm

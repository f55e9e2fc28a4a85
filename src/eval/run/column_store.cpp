#include "eval/run/column_store.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/text.h>

#include "base/json_text.h"
#include "io/npy_checksum.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kIndex = "columns.json";

/// The image itself is not worth keeping.
bool is_kept(const std::string& name) { return name != "pixels"; }

nlohmann::json read_index(const fs::path& file) {
  try {
    return parse_json(read_file(file));
  } catch (const IoError&) {
    return {};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace

ColumnStore::ColumnStore(fs::path folder, nlohmann::json source, std::function<std::remove_pointer_t<Compute>> compute)
    : folder_(std::move(folder)), source_(std::move(source)), compute_(std::move(compute)) {
  if (!folder_.empty()) load();
}

void ColumnStore::load() {
  const nlohmann::json index = read_index(folder_ / kIndex);
  if (!index.is_object() || index.value("source", nlohmann::json()) != source_) return;
  const nlohmann::json kept = index.value("columns", nlohmann::json::object());
  for (const auto& [name, entry] : kept.items()) {
    try {
      const fs::path file = folder_ / (find_column(name).name + ".npy");
      // Read once, and that is checked: another process may replace the file at any time.
      const torch::Tensor values = read_npy(file);
      const std::string sha256 = sha256_of_npy(values);
      if (sha256 != entry.at("sha256")) continue;
      columns_[name] = {{values}, values.size(0), false, sha256};
    } catch (const Error&) {
      continue;  // computed again
    } catch (const nlohmann::json::exception&) {
      continue;
    }
  }
}

torch::Tensor ColumnStore::rows(const std::string& name, ColumnSource& source, const torch::Tensor& images,
                                std::int64_t first) {
  const std::int64_t count = images.size(0);
  if (!is_kept(name)) return compute_(find_column(name), source, images, first);
  Kept& kept = columns_[name];
  if (kept.parts.size() > 1 && first + count <= kept.rows) kept.parts = {torch::cat(kept.parts)};
  if (first + count <= kept.rows) return kept.parts.front().narrow(0, first, count);
  torch::Tensor values = compute_(find_column(name), source, images, first);
  // The batch may begin with rows that are stored already.
  if (first <= kept.rows) {
    kept.parts.push_back(values.narrow(0, kept.rows - first, first + count - kept.rows));
    kept.rows = first + count;
    kept.dirty = true;
  }
  return values;
}

void ColumnStore::flush() {
  if (folder_.empty()) return;
  nlohmann::json index = {{"source", source_}, {"columns", nlohmann::json::object()}};
  bool dirty = false;
  for (auto& [name, kept] : columns_) {
    const fs::path file = folder_ / (name + ".npy");
    if (kept.dirty) {
      if (!dirty) require_writable_directory(folder_);
      dirty = true;
      kept.parts = {torch::cat(kept.parts)};
      write_npy(file, kept.parts.front());
      kept.sha256 = sha256_of_npy(kept.parts.front());
      kept.dirty = false;
    }
    if (kept.rows > 0) index["columns"][name] = {{"rows", kept.rows}, {"sha256", kept.sha256}};
  }
  if (dirty) write_file_atomically(folder_ / kIndex, dump_json(index, 2) + "\n");
}

}  // namespace cebm

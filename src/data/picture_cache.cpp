#include "data/picture_cache.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/safetensors.h>

#include <system_error>

#include "base/cache_folder.h"
#include "base/durable/lock.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// Version of the decoding. Increase it with every change of the pixels that a file decodes to.
constexpr int kDecoding = 4;

torch::Tensor bytes_of(const std::string& text) {
  torch::Tensor bytes = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  return bytes;
}

std::string digest_of(const torch::Tensor& pixels) {
  return sha256({static_cast<const char*>(pixels.const_data_ptr()), pixels.nbytes()});
}

}  // namespace

std::string fingerprint(const PictureFolder& pictures, ImageShape shape, Fit fit) {
  std::string text = std::to_string(kDecoding) + " " + std::to_string(shape.channels) + " " +
                     std::to_string(shape.height) + " " + std::to_string(shape.width) +
                     (fit == Fit::crop ? " crop" : " stretch");
  for (const auto& file : pictures.files) {
    const fs::path path = pictures.folder / file;
    std::error_code no_size;
    std::error_code no_time;
    const auto size = fs::file_size(path, no_size);
    const auto time = fs::last_write_time(path, no_time);
    // A name can hold any byte but 0. A file without size or time cannot be read either: nothing is cached then.
    text += '\0' + file.native() + '\0';
    text += no_size || no_time ? "?" : std::to_string(size) + ' ' + std::to_string(time.time_since_epoch().count());
  }
  return sha256(text);
}

PictureCache::PictureCache(const PictureFolder& pictures, ImageShape shape, Fit fit)
    : fingerprint_(fingerprint(pictures, shape, fit)),
      sizes_{static_cast<std::int64_t>(pictures.files.size()), shape.height, shape.width, shape.channels} {
  const fs::path folder = cache_folder();
  if (folder.empty()) return;
  std::error_code error;
  const std::string place = fs::canonical(pictures.folder, error).string();
  if (error) return;
  std::string key = place + (fit == Fit::crop ? "\ncrop" : "\nstretch");
  for (const auto size : {shape.channels, shape.height, shape.width}) key += " " + std::to_string(size);
  file_ = folder / ("pictures-" + sha256(key).substr(0, 32) + ".safetensors");
}

torch::Tensor PictureCache::load() const {
  std::error_code error;
  if (file_.empty() || !fs::is_regular_file(file_, error)) return {};
  try {
    const TensorMap tensors = load_safetensors(file_);
    const auto equal = [&](const char* name, const std::string& text) {
      const auto found = tensors.find(name);
      return found != tensors.end() && found->second.scalar_type() == at::kByte && found->second.equal(bytes_of(text));
    };
    if (!equal("fingerprint", fingerprint_)) return {};
    const auto pixels = tensors.find("pixels");
    if (pixels == tensors.end() || pixels->second.scalar_type() != at::kByte || pixels->second.sizes() != sizes_) {
      return {};
    }
    if (!equal("sha256", digest_of(pixels->second))) return {};
    return pixels->second.permute({0, 3, 1, 2});
  } catch (const CheckpointError&) {  // damaged: read the pictures again
    return {};
  }
}

void PictureCache::store(const torch::Tensor& images) const {
  if (file_.empty()) return;
  const torch::Tensor pixels = images.permute({0, 2, 3, 1}).contiguous();
  try {
    const auto lock = Lock::take(fs::path(file_).replace_extension(".lock"));
    if (!lock) return;  // another process is storing the same
    clean_up_versions_of(file_, lock->leftovers());
    save_safetensors(
        file_, {{"fingerprint", bytes_of(fingerprint_)}, {"pixels", pixels}, {"sha256", bytes_of(digest_of(pixels))}});
  } catch (const IoError&) {  // a full disk or a folder that is not ours: the next run decodes again
  }
}

}  // namespace cebm

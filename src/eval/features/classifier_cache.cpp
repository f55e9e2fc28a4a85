#include "eval/features/classifier_cache.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/machine.h>
#include <cebm/module_state.h>
#include <cebm/safetensors.h>
#include <cebm/text.h>

#include <nlohmann/json.hpp>

#include "base/durable/lock.h"
#include "io/tensor_checksum.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "fingerprint";
/// Raise this with every code change that alters the trained weights.
constexpr int kRecipe = 1;

torch::Tensor text_tensor(const std::string& text) {
  torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kByte);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  return bytes;
}

/// SHA-256 of the fingerprint and the weights' checksums: a file with another seal is stale or damaged.
std::string seal(const std::string& fingerprint, const std::map<std::string, torch::Tensor>& weights) {
  std::string text = fingerprint;
  for (const auto& [name, tensor] : weights) text += "\n" + name + " " + checksum(tensor);
  return sha256(text);
}

}  // namespace

std::string fingerprint(const Dataset& data, std::int64_t classes, const ClassifierTraining& training) {
  const nlohmann::json all = {{"version", version()},
                              {"recipe", kRecipe},
                              {"images", checksum(data.images)},
                              {"labels", checksum(data.labels)},
                              {"classes", classes},
                              {"steps", training.steps},
                              {"batch_size", training.batch_size},
                              {"learning_rate", training.learning_rate},
                              {"average", training.average},
                              {"seed", training.seed}};
  return dump_json(all);
}

ClassifierCache::ClassifierCache(const fs::path& folder, std::string fingerprint)
    : fingerprint_(std::move(fingerprint)) {
  if (!folder.empty()) file_ = folder / ("classifier-" + sha256(fingerprint_).substr(0, 32) + ".safetensors");
}

std::shared_ptr<Classifier> ClassifierCache::load(ImageShape image, std::int64_t classes) const {
  std::error_code error;
  if (file_.empty() || !fs::is_regular_file(file_, error)) return nullptr;
  try {
    TensorMap tensors = load_safetensors(file_);
    const auto found = tensors.find(kKey);
    if (found == tensors.end()) return nullptr;
    const torch::Tensor key = found->second;
    tensors.erase(found);
    if (!key.equal(text_tensor(seal(fingerprint_, tensors)))) return nullptr;
    auto classifier = std::make_shared<Classifier>(image, classes, /*seed=*/0);
    load_module_state(*classifier, State{tensors});
    return classifier;
  } catch (const CheckpointError&) {  // damaged: train again
    return nullptr;
  }
}

void ClassifierCache::store(const Classifier& classifier) const {
  if (file_.empty()) return;
  try {
    require_writable_directory(file_.parent_path());
    const auto lock = Lock::take(fs::path(file_).replace_extension(".lock"));
    if (!lock) return;  // another process is storing the same
    clean_up_versions_of(file_, lock->leftovers());
    TensorMap tensors = module_state(classifier).tensors;
    tensors[kKey] = text_tensor(seal(fingerprint_, tensors));
    save_safetensors(file_, tensors);
  } catch (const IoError&) {  // a full disk or a folder that is not ours: the next evaluation trains again
  }
}

}  // namespace cebm

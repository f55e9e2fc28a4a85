#include "base/chosen_name.h"

namespace cebm {

std::string chosen_name(const ConfigNode& config, const std::string& key) {
  const ConfigNode* const variant = config.find(key);
  if (variant == nullptr) return "";
  const ConfigNode* const name = variant->kind == ConfigNode::Kind::map ? variant->find("name") : variant;
  return name == nullptr || name->kind != ConfigNode::Kind::scalar ? "" : name->scalar;
}

}  // namespace cebm

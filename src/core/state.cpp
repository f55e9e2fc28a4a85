#include <cebm/errors.h>
#include <cebm/state.h>

#include <sstream>

namespace cebm {

const torch::Tensor& State::tensor(const std::string& name, torch::IntArrayRef shape, torch::ScalarType type) const {
  const auto found = tensors.find(name);
  std::ostringstream message;
  message << "tensor '" << name << "': expected " << type << " " << shape << ", found ";
  if (found == tensors.end()) throw CheckpointError(message.str() + "none");
  const torch::Tensor& tensor = found->second;
  if (tensor.scalar_type() != type || tensor.sizes() != shape) {
    message << tensor.scalar_type() << " " << tensor.sizes();
    throw CheckpointError(message.str());
  }
  return tensor;
}

}  // namespace cebm

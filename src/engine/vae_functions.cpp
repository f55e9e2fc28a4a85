#include "engine/vae_functions.h"

#include "engine/cpu/kernel_function.h"

namespace cebm {

VaeFunctions::VaeFunctions(Vae& model, torch::Device device) : model_(model) {
  if (!device.is_cpu()) return;
  encode_ = kernel_function(model.encoder(), model.image_shape());
  decode_ = kernel_function(model.decoder());
}

VaeFunctions::~VaeFunctions() = default;

VaeNetworks VaeFunctions::networks() {
  VaeNetworks by = model_.networks();
  if (encode_) {
    encode_->load();
    by.encode = [this](const torch::Tensor& x) { return (*encode_)(x); };
  }
  if (decode_) {
    decode_->load();
    by.decode = [this](const torch::Tensor& z) { return (*decode_)(z); };
  }
  return by;
}

}  // namespace cebm

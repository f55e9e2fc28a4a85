// A variational autoencoder's networks by the fastest functions there are.
#pragma once

#include <cebm/vae.h>

#include <memory>

namespace cebm {

class KernelFunction;

/// By kernels of our own on the CPU where there are any, otherwise by LibTorch. Must not outlive the model.
class VaeFunctions {
 public:
  VaeFunctions(Vae& model, torch::Device device);
  ~VaeFunctions();

  /// With the present weights, until the next call. To be called where no other thread uses the functions; they
  /// themselves may be called by the threads of for_each_tile, and are differentiable once.
  VaeNetworks networks();

 private:
  Vae& model_;
  std::unique_ptr<KernelFunction> encode_;  ///< null: through LibTorch
  std::unique_ptr<KernelFunction> decode_;
};

}  // namespace cebm

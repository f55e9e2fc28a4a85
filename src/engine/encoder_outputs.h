// The outputs of an encoder whose weights do not change.
#pragma once

#include <cebm/encoder.h>
#include <cebm/image.h>

#include <memory>

namespace cebm {

class Lanes;

/// o(x), [B, C, H, W] -> [B, F], without a graph: by kernels of our own on the CPU where there are some for all layers,
/// through LibTorch otherwise. On the CPU an image's outputs do not depend on the rest of the batch.
class EncoderOutputs {
 public:
  /// Uses the encoder's present weights; the encoder must outlive this object.
  EncoderOutputs(Encoder& encoder, ImageShape image, torch::Device device);
  ~EncoderOutputs();

  torch::Tensor operator()(const torch::Tensor& x);

 private:
  Encoder& encoder_;
  std::unique_ptr<Lanes> lanes_;  ///< null: through LibTorch
};

}  // namespace cebm

// The transpose of a convolution of images, whose channels are not padded.
#pragma once

#include <cebm/precision.h>

#include "kernels/cpu/packed_product.h"
#include "kernels/cpu/taps.h"

namespace cebm::kernels::cpu {

/// From a map of a convolution's outputs to the images: every position sends what it contributes to the pixels of its
/// window, and each pixel adds up what it gets.
class Spread {
 public:
  /// A thread's working memory for one image.
  struct Scratch {
    AlignedArray<float> sent;
    AlignedArray<float> sums;
  };

  Spread(const ConvKernels& kernels, Precision precision, const ConvLayer& layer, const FeatureMap& images,
         const FeatureMap& outputs);

  /// Packs the weights of some output channels.
  void load(const ConvLayer& layer, Channels outputs);
  Scratch scratch() const;
  /// One image: a map of outputs -> pixels [H, W, C], dense.
  template <class Number>
  void operator()(const Number* outputs, Scratch& scratch, float* pixels) const {
    product_(outputs, scratch.sent.data(), static_cast<float*>(nullptr), 1);
    gather(scratch, pixels);
  }

 private:
  void gather(Scratch& scratch, float* pixels) const;

  PackedProduct product_;
  FeatureMap images_;
  Extent positions_;
  Window window_;
};

}  // namespace cebm::kernels::cpu

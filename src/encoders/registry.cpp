#include <cebm/decoder.h>
#include <cebm/encoder.h>

namespace cebm {

Registry<EncoderEntry> built_in_encoders() {
  Registry<EncoderEntry> registry("encoder");
  registry.add(make_entry<CnnOptions, EncoderEntry>(
      "cnn", "convolutions, then fully connected layers (paper, Tables 2-4)",
      "{channels: [4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1], hidden: [16]}", make_cnn));
  registry.add(make_entry<WideResnetOptions, EncoderEntry>(
      "wide_resnet", "wide residual network without normalisation (Zagoruyko and Komodakis 2016; JEM)",
      "{depth: 10, width: 1, pooling: average_4x4, hidden: [16]}", make_wide_resnet));
  return registry;
}

Registry<DecoderEntry> built_in_decoders() {
  Registry<DecoderEntry> registry("decoder");
  registry.add(make_entry<TransposedCnnOptions, DecoderEntry>(
      "transposed_cnn", "fully connected layers, then transposed convolutions (paper, Table 3)",
      "{start: [4, 6, 5], channels: [], kernels: [4], strides: [2], paddings: [1], hidden: [8]}", make_transposed_cnn));
  return registry;
}

}  // namespace cebm

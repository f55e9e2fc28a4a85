// Image sizes between the layers of a convolutional network, and checks of the lists that describe it.
#pragma once

#include <cebm/decoder.h>

#include <string>

namespace cebm {

/// The image after all convolutions. Throws ConfigError that begins with `what` if the lists differ in length or an
/// image of that shape does not fit through the layers.
ImageShape after_convolutions(const ConvolutionalOptions& layers, ImageShape image, const std::string& what);

/// The image that transposed convolutions start from. Throws ConfigError that begins with `what` if the lists do not
/// fit each other or the layers do not end in an image of the context's shape.
ImageShape before_transposed(const TransposedCnnOptions& options, const DecoderContext& context,
                             const std::string& what);

}  // namespace cebm

#include "encoders/sizes.h"

#include <cebm/errors.h>

#include <algorithm>

namespace cebm {

ImageShape after_convolutions(const ConvolutionalOptions& layers, ImageShape image, const std::string& what) {
  const std::size_t count = layers.channels.size();
  if (layers.kernels.size() != count || layers.strides.size() != count || layers.paddings.size() != count) {
    throw ConfigError(what + ": channels, kernels, strides and paddings must have the same length, found " +
                      std::to_string(count) + ", " + std::to_string(layers.kernels.size()) + ", " +
                      std::to_string(layers.strides.size()) + " and " + std::to_string(layers.paddings.size()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t border = 2 * layers.paddings[i] - layers.kernels[i];
    const std::int64_t size = std::min(image.height, image.width);
    if (size + border < 0) {
      throw ConfigError(what + ": layer " + std::to_string(i) + " has a kernel of " +
                        std::to_string(layers.kernels[i]) + ", but its input is only " + std::to_string(size) +
                        " pixels wide with padding " + std::to_string(layers.paddings[i]));
    }
    image = {layers.channels[i], (image.height + border) / layers.strides[i] + 1,
             (image.width + border) / layers.strides[i] + 1};
  }
  return image;
}

ImageShape before_transposed(const TransposedCnnOptions& options, const DecoderContext& context,
                             const std::string& what) {
  const ConvolutionalOptions& layers = options.layers;
  const std::size_t count = layers.kernels.size();
  if (!options.start.empty() && options.start.size() != 3) {
    throw ConfigError(what + ": start: expected channels, height and width, or nothing, found " +
                      std::to_string(options.start.size()) + " numbers");
  }
  if (count == 0 || layers.channels.size() + 1 != count || layers.strides.size() != count ||
      layers.paddings.size() != count) {
    throw ConfigError(what +
                      ": kernels, strides and paddings must have the same length and channels one less (the last layer "
                      "has the image's), found " +
                      std::to_string(count) + ", " + std::to_string(layers.strides.size()) + ", " +
                      std::to_string(layers.paddings.size()) + " and " + std::to_string(layers.channels.size()));
  }
  const std::int64_t features = layers.hidden.empty() ? context.latent_dim : layers.hidden.back();
  const ImageShape start = options.start.empty() ? ImageShape{features, 1, 1}
                                                 : ImageShape{options.start[0], options.start[1], options.start[2]};
  const auto grown = [&layers](std::int64_t size, std::size_t i) {
    return (size - 1) * layers.strides[i] - 2 * layers.paddings[i] + layers.kernels[i];
  };
  std::int64_t height = start.height;
  std::int64_t width = start.width;
  std::string sizes = std::to_string(height) + "x" + std::to_string(width);
  for (std::size_t i = 0; i < count; ++i) {
    height = grown(height, i);
    width = grown(width, i);
    sizes += " -> " + std::to_string(height) + "x" + std::to_string(width);
    if (height < 1 || width < 1) break;
  }
  if (height != context.image.height || width != context.image.width) {
    throw ConfigError(what + ": expected layers that end in an image of " + std::to_string(context.image.height) + "x" +
                      std::to_string(context.image.width) + ", found sizes " + sizes);
  }
  return start;
}

}  // namespace cebm

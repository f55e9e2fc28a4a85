/// Shape and value range of the images a model works on.
#pragma once

#include <cstdint>
#include <string>

namespace cebm {

/// Channels, height and width of an image.
struct ImageShape {
  std::int64_t channels = 1;
  std::int64_t height = 28;
  std::int64_t width = 28;
  std::int64_t numel() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
  /// "1x28x28": channels, height, width.
  std::string describe() const {
    return std::to_string(channels) + "x" + std::to_string(height) + "x" + std::to_string(width);
  }
};

/// Range of pixel values a model is trained on.
enum class PixelRange {
  symmetric,  ///< [-1, 1]: energy-based models
  unit,       ///< [0, 1]: Bernoulli likelihoods
};

}  // namespace cebm

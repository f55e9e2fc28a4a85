// Shapes of networks for tests of the CPU kernels.
#pragma once

#include <cebm/kernel_activation.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/cpu/feature_map.h"
#include "kernels/cpu/instruction_sets.h"

namespace cebm::kernels::cpu {

struct LayerCase {
  std::int64_t channels;
  Window window;
  std::optional<Nonlinearity> activation = Nonlinearity::silu;
  float slope = 0.2F;
};

struct NetworkCase {
  const char* name;
  std::int64_t channels;
  Extent image;
  std::vector<LayerCase> layers;  ///< of convolutions, a last one that covers what is left is added
};

constexpr Window window(std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return {{kernel, kernel}, {stride, stride}, padding};
}

/// The kernels for AMX on a unit in software (amx_in_software.cpp).
extern const ConvKernels conv_amx_in_software;

/// Those that run on this processor, and these.
inline std::vector<const ConvKernels*> conv_kernels_and_amx() {
  std::vector<const ConvKernels*> all = available_conv_kernels();
  all.push_back(&conv_amx_in_software);
  return all;
}

}  // namespace cebm::kernels::cpu

// A model's network in the form that the CPU kernels take.
#pragma once

#include <cebm/feed_forward.h>
#include <cebm/image.h>
#include <cebm/precision.h>

#include <memory>
#include <vector>

#include "kernels/cpu/conv_network.h"

namespace cebm {

/// Null if the layers' weights are not float32 in the CPU's memory, or there are no kernels for an activation.
std::unique_ptr<kernels::cpu::ConvNetwork> pack_network(const std::vector<FeedForwardLayer>& layers, ImageShape image,
                                                        Precision precision, const kernels::cpu::ConvKernels& kernels);

}  // namespace cebm

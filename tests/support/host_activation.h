// The activation kernels' bodies in plain loops: what runs on a GPU's threads, on the CPU.
#pragma once

#include "kernels/activation_body.h"

namespace cebm {

struct HostLoop {
  template <class Body>
  void operator()(const Body& body, kernels::Rows positions) const {
    const auto quads = static_cast<std::uint32_t>((positions.length + 3) / 4);
    for (std::int64_t position = 0; position < positions.count; ++position) {
      for (std::uint32_t quad = 0; quad < quads; ++quad) body(position, quad);
    }
  }
};

inline void host_activate(const kernels::ActivationPass& pass, void* sums, const float* bias, void* values,
                          void* /*stream*/) {
  kernels::run_activate(pass, sums, bias, values, HostLoop{});
}

inline void host_pull_back(const kernels::ActivationPass& pass, const void* gradient, const void* kept, void* result,
                           void* /*stream*/) {
  kernels::run_pull_back(pass, gradient, kept, result, HostLoop{});
}

}  // namespace cebm

/// Number formats.
#pragma once

namespace cebm {

/// What an energy's network is computed in while chains move. Images, noise, update, sums and the gradient with respect
/// to the images are float32 in either case. bfloat16: float32's range with 8 bits of precision.
enum class Precision { float32, bfloat16 };

}  // namespace cebm

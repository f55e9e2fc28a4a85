/// Number formats.
#pragma once

namespace cebm {

/// What an energy's network is computed in while chains move. Images, noise, update, sums and the gradient with respect
/// to the images are float32 in any case. bfloat16: float32's range with 8 bits of precision. automatic: the faster of
/// the two on this processor, found by a short measurement (fastest_precision in engine.h).
enum class Precision { float32, bfloat16, automatic };

}  // namespace cebm

/// Number formats.
#pragma once

namespace cebm {

/// Number format of an energy's network while chains move. Images, noise, update, sums and the gradient with respect
/// to the images are float32 in any case. bfloat16: float32's range with 8 bits of precision. tf32: float32 whose
/// factors a GPU's matrix units round to 11 bits of precision (TensorFloat-32). automatic: the faster of float32 and
/// bfloat16 on this processor, found by a short measurement (fastest_precision in engine.h).
enum class Precision { float32, bfloat16, tf32, automatic };

/// As it is written in configurations.
constexpr const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return "float32";
    case Precision::bfloat16:
      return "bfloat16";
    case Precision::tf32:
      return "tf32";
    case Precision::automatic:
      return "auto";
  }
  return "";
}

}  // namespace cebm

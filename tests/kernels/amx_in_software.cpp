// The kernels for AMX on a unit in software, so that any processor can run them.
#include <cstring>

#include "kernels/bfloat16.h"
#include "kernels/rounding.h"

namespace cebm::kernels::cpu {
namespace {

/// AMX's tiles as Intel's manual describes them, of 16 rows of 64 bytes. Using them outside begin() and end() is an
/// error that no comparison of results misses: all tiles are full of NaN there.
struct AmxInSoftware {
  static inline thread_local unsigned char tiles[8][16][64];

  static void begin() { std::memset(tiles, 0, sizeof tiles); }
  static void end() { std::memset(tiles, 0xff, sizeof tiles); }

  template <int tile>
  static void zero() {
    std::memset(tiles[tile], 0, sizeof tiles[tile]);
  }
  template <int tile>
  static void load(const void* from, std::int64_t stride) {
    for (int row = 0; row < 16; ++row) std::memcpy(tiles[tile][row], static_cast<const char*>(from) + row * stride, 64);
  }
  template <int tile>
  static void store(void* to, std::int64_t stride) {
    for (int row = 0; row < 16; ++row) std::memcpy(static_cast<char*>(to) + row * stride, tiles[tile][row], 64);
  }
  /// Both halves of the pairs are summed on their own.
  template <int sums, int rows, int pairs>
  static void multiply() {
    for (int m = 0; m < 16; ++m) {
      for (int n = 0; n < 16; ++n) {
        float halves[2] = {};
        for (int k = 0; k < 16; ++k) {
          for (int half = 0; half < 2; ++half) {
            halves[half] +=
                widened(number<Bfloat16>(rows, m, 2 * k + half)) * widened(number<Bfloat16>(pairs, k, 2 * n + half));
          }
        }
        const float sum = number<float>(sums, m, n) + (halves[0] + halves[1]);
        std::memcpy(tiles[sums][m] + static_cast<std::size_t>(n) * sizeof sum, &sum, sizeof sum);
      }
    }
  }

 private:
  template <class Number>
  static Number number(int tile, int row, int place) {
    Number result;
    std::memcpy(&result, tiles[tile][row] + static_cast<std::size_t>(place) * sizeof(Number), sizeof result);
    return result;
  }
};

}  // namespace
}  // namespace cebm::kernels::cpu

#define CEBM_KERNELS conv_amx_in_software
#define CEBM_KERNELS_LABEL "AMX in software"
#define CEBM_VECTOR_BYTES 64
#define CEBM_ROWS 14
#define CEBM_TILE_UNIT AmxInSoftware
#include "kernels/cpu/conv_loops.h"

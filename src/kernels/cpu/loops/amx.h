// The instructions of Intel's AMX for loops/tiles.h. The assembler knows them; the compiler need not.
#pragma once

#include <cstdint>

namespace cebm::kernels::cpu {

namespace {

/// Eight tiles of 16 rows of 64 bytes, a set for each thread.
struct Amx {
  static void begin() {
    /// LDTILECFG's operand: palette 1, for each tile the bytes of a row and the rows.
    struct alignas(64) {
      std::uint8_t palette = 1;
      std::uint8_t start_row = 0;
      std::uint8_t reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } const shapes;
    static_assert(sizeof shapes == 64);
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  static void end() { asm volatile("tilerelease"); }

  template <int tile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(tile));
  }
  /// From rows `stride` bytes apart.
  template <int tile>
  static void load(const void* from, std::int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(tile) : "memory");
  }
  template <int tile>
  static void store(void* to, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(tile) : "memory");
  }
  /// sums[m][n] += sum_k rows[m][2 k] pairs[k][2 n] + rows[m][2 k + 1] pairs[k][2 n + 1]
  template <int sums, int rows, int pairs>
  static void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sums), "i"(rows), "i"(pairs));
  }
};

}  // namespace

}  // namespace cebm::kernels::cpu

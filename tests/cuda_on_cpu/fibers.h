// The threads of a block as fibers on one CPU thread.
//
// A fiber runs one thread after another and is put aside only where a thread waits for others, so that a kernel without
// barriers costs no more than a loop. Warps come in an order of their own for every block, drawn from a seed, and so
// do the threads of a warp; a warp runs as far as it can before the next one begins: what depends on the order without
// a barrier shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "cuda_on_cpu/dim3.h"

namespace cuda_on_cpu {

/// Number of the running thread in its warp.
unsigned current_lane();

/// Calls `thread` once for each thread of each block, blocks one after another. Throws std::logic_error where threads
/// wait for others that never come.
void run_grid(dim3 grid, dim3 block, const std::function<void()>& thread);

/// For a running thread: waits until all threads of the block that have not ended are here.
void block_barrier();
/// The same, and whether the predicate holds in any of them.
bool block_or(bool predicate);
/// Hands `mine` to the warp and takes what thread number `lane` of it hands over; the own one where there is none. All
/// threads of the warp that have not ended take part. At most 16 bytes.
void exchange(const void* mine, void* other, std::size_t size, unsigned lane);

/// Blocks and threads in the order that a seed gives, while this exists; 0: as they are numbered, as without it.
class Order {
 public:
  explicit Order(std::uint64_t seed);
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;
  ~Order();

 private:
  std::uint64_t before_;
};

}  // namespace cuda_on_cpu

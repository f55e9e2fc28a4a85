// A loop on all threads whose body may throw.
#pragma once

#include <cstdint>
#include <exception>

namespace cebm::kernels::cpu {

/// Calls body(i) for i < count on all threads; an exception is rethrown when all calls have ended. (One that left a
/// parallel region would end the program.)
template <class Body>
void for_each_index(std::int64_t count, const Body& body) {
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < count; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(cebm_for_each_index)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cebm::kernels::cpu

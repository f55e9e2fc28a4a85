#include "eval/parallel.h"

#include <exception>

namespace cebm {

void for_each_in_parallel(std::int64_t count, const std::function<void(std::int64_t i)>& body) {
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < count; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cebm

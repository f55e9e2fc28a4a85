// Calling C libraries that report failure by a function that must not return.
#pragma once

#include <csetjmp>

namespace cebm {

/// Runs `step`. Returns false if it left by longjmp() to `on_error`, so nothing in it may need a destructor.
template <class Step>
bool attempt(std::jmp_buf& on_error, Step step) {
  if (setjmp(on_error) != 0) return false;
  step();
  return true;
}

}  // namespace cebm

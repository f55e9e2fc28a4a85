// Independent pieces of work side by side.
#pragma once

#include <cstdint>
#include <functional>

namespace cebm {

/// Calls body(i) for every i below `count` on LibTorch's threads; body must not touch what another call writes. An
/// exception is rethrown when all calls have ended.
void for_each_in_parallel(std::int64_t count, const std::function<void(std::int64_t i)>& body);

}  // namespace cebm

// The option that every data set has.
#pragma once

#include <cebm/options.h>

#include <cstdint>
#include <limits>

namespace cebm {

inline void visit_limit(Fields& visit, std::int64_t& limit) {
  visit.integer("limit", limit, {0, std::numeric_limits<std::int64_t>::max()},
                "use at most this many images, the first of the split; 0 uses all");
}

/// How many of `count` images are used.
inline std::int64_t limited(std::int64_t count, std::int64_t limit) {
  return limit > 0 && limit < count ? limit : count;
}

struct LimitOptions final : Options {
  std::int64_t limit = 0;
  void fields(Fields& visit) override { visit_limit(visit, limit); }
};

}  // namespace cebm

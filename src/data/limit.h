// The option that every data set has.
#pragma once

#include <cebm/dataset_options.h>

#include <cstdint>

namespace cebm {

void visit_limit(Fields& visit, std::int64_t& limit,
                 const char* help = "use at most this many images, the first of the split; 0 uses all");

/// How many of `count` images are used.
inline std::int64_t limited(std::int64_t count, std::int64_t limit) {
  return limit > 0 && limit < count ? limit : count;
}

}  // namespace cebm

#include "data/limit.h"

#include <limits>

namespace cebm {

void visit_limit(Fields& visit, std::int64_t& limit) {
  visit.integer("limit", limit, {0, std::numeric_limits<std::int64_t>::max()},
                "use at most this many images, the first of the split; 0 uses all");
}

void LimitOptions::fields(Fields& visit) { visit_limit(visit, limit); }

}  // namespace cebm

#include "data/limit.h"

#include <limits>

namespace cebm {

void visit_limit(Fields& visit, std::int64_t& limit, const char* help) {
  visit.integer("limit", limit, {0, std::numeric_limits<std::int64_t>::max()}, help);
}

void LimitOptions::fields(Fields& visit) { visit_limit(visit, limit); }

}  // namespace cebm

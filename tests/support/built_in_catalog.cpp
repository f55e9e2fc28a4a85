#include "contract/rows.h"

namespace cebm {

const Catalog& catalog() {
  static const Catalog built_in;
  return built_in;
}

}  // namespace cebm

// --list: every registered component with its summary.
#pragma once

#include <cebm/catalog.h>

#include <string>

namespace cebm::app {

std::string list_catalog(const Catalog& catalog);

}  // namespace cebm::app

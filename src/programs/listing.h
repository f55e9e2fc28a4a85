// --list: every registered component with its summary; and the options of evaluators.
#pragma once

#include <cebm/catalog.h>

#include <string>
#include <vector>

namespace cebm::app {

std::string list_catalog(const Catalog& catalog);

/// The options of evaluators, as a section of the reference for each.
std::vector<FieldDoc> document_evaluators(const Catalog& catalog, const std::vector<EvaluatorEntry>& rows);

}  // namespace cebm::app

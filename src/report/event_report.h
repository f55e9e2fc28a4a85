// The part of the report that tells what the guard found.
#pragma once

#include <cebm/report.h>

#include <filesystem>

namespace cebm {

/// A table of events.csv; nothing where the run has none.
void add_events(HtmlReport& report, const std::filesystem::path& directory);

}  // namespace cebm

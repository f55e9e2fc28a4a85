// The report's table of the guard's events.
#pragma once

#include <cebm/report.h>

#include <filesystem>

namespace cebm {

/// Adds a table of events.csv, or nothing if the run has no events.
void add_events(HtmlReport& report, const std::filesystem::path& directory);

}  // namespace cebm

#include "report/event_report.h"

#include "runs/event_log.h"
#include "runs/run_layout.h"

namespace cebm {

void add_events(HtmlReport& report, const std::filesystem::path& directory) {
  auto rows = read_events(directory / run_layout::kEvents);
  if (rows.size() < 2) return;
  for (auto& row : rows) row.resize(rows.front().size());
  report.heading("Events");
  report.paragraph("Rows of metrics after the step that a rollback went to were written by the attempt that followed.");
  report.table(rows.front(), {rows.begin() + 1, rows.end()});
}

}  // namespace cebm

#include "report/run_events.h"

#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>

#include <algorithm>
#include <limits>
#include <map>

#include "report/result_folders.h"
#include "runs/metrics_log.h"
#include "runs/run_layout.h"
#include "runs/sample_grids.h"
#include "tensorboard/event_text.h"
#include "tensorboard/record.h"
#include "tensorboard/summary.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kEventFile = "events.out.tfevents.0.cebm";
constexpr const char* kConfigText = "config";

std::vector<double> doubles_of(const torch::Tensor& values) {
  const torch::Tensor read = values.detach().flatten().to(torch::kCPU, torch::kDouble).contiguous();
  return {read.const_data_ptr<double>(), read.const_data_ptr<double>() + read.numel()};
}

std::string records_of(const std::vector<std::string>& events) {
  std::string records;
  for (const std::string& event : events) records += record_of(event);
  return records;
}

SummaryValue image_of(const std::string& tag, const fs::path& png) {
  try {
    return image_value(tag, read_file(png));
  } catch (const DataError& cause) {
    throw DataError(png.string() + ": " + cause.what());
  }
}

/// Calls `add` with a picture's event. A picture that TensorBoard cannot show may be the user's own: it is left out.
void add_if_shown(const Warn& warn, const std::function<void()>& add) {
  try {
    add();
  } catch (const Error& cause) {
    warn(std::string("a picture is left out of TensorBoard's events: ") + cause.what());
  }
}

/// The row of a table without its step.
NamedValues values_of(const MetricsTable& metrics, std::size_t row) {
  NamedValues values;
  for (std::size_t column = 1; column < metrics.columns.size(); ++column) {
    values.emplace_back(metrics.columns[column], metrics.values[column][row]);
  }
  return values;
}

std::vector<SummaryValue> scalars_of(const NamedValues& values) {
  std::vector<SummaryValue> scalars;
  for (const auto& [name, value] : values) scalars.push_back(scalar_value("train/" + name, value));
  return scalars;
}

/// Finds the events of rows in a file that may be of another attempt or another start of the run.
class RecordedRows {
 public:
  explicit RecordedRows(const fs::path& file) : bytes_(fs::is_regular_file(file) ? read_file(file) : "") {
    for (const std::string_view event : records_in(bytes_)) events_.emplace(step_of_event(event), event);
  }

  /// The event at `step` that has all these scalars; nothing if there is none.
  std::optional<std::string> find(std::uint64_t step, const std::vector<SummaryValue>& scalars) const {
    const auto [first, last] = events_.equal_range(step);
    const auto found = std::find_if(first, last, [&](const auto& entry) {
      return std::ranges::all_of(scalars, [&entry](const SummaryValue& value) {
        return entry.second.find(value.encoded()) != std::string_view::npos;
      });
    });
    return found == last ? std::nullopt : std::optional<std::string>(found->second);
  }

 private:
  std::string bytes_;
  std::multimap<std::uint64_t, std::string_view> events_;  ///< views into bytes_
};

}  // namespace

fs::path event_file_of(const fs::path& run) { return run / kEventFile; }

std::string opening_records(const std::string& config, const fs::path& run, const Warn& warn) {
  std::vector<std::string> events{first_event(), event_of(0, {hyper_parameters_value(settings_of(config)),
                                                              text_value(kConfigText, markdown_block(config))})};
  const fs::path data = run / run_layout::kSamples / "data.png";
  if (fs::exists(data)) add_if_shown(warn, [&] { events.push_back(event_of(0, {image_of("data", data)})); });
  return records_of(events);
}

std::string row_event(std::uint64_t step, const NamedValues& values, const NamedTensors& distributions) {
  std::vector<SummaryValue> summary = scalars_of(values);
  for (const auto& [name, tensor] : distributions) {
    summary.push_back(histogram_value("train/" + name, doubles_of(tensor)));
  }
  return event_of(step, summary);
}

std::string samples_event(std::uint64_t step, const fs::path& png) {
  return event_of(step, {image_of("samples", png)});
}

std::optional<std::vector<std::string>> recorded_events(const fs::path& file, std::uint64_t step, std::uint64_t count) {
  if (!fs::is_regular_file(file)) return std::nullopt;
  const std::string bytes = read_file(file);
  std::vector<std::string> events;
  for (const std::string_view event : records_in(bytes)) {
    const std::uint64_t of = step_of_event(event);
    if (of > 0 && of <= step && events.size() < count) events.emplace_back(event);
  }
  if (events.size() < count) return std::nullopt;
  return events;
}

std::vector<std::string> reconstructed_events(const fs::path& run, std::uint64_t step, const Warn& warn) {
  std::multimap<std::uint64_t, std::string> events;  // events of one step in order of insertion
  const fs::path file = run / run_layout::kMetrics;
  const MetricsTable metrics = fs::exists(file) ? read_metrics(file) : MetricsTable{};
  const RecordedRows recorded(event_file_of(run));
  for (std::size_t row = 0; !metrics.values.empty() && row < metrics.values.front().size(); ++row) {
    const auto of = static_cast<std::uint64_t>(metrics.values.front()[row]);
    const std::vector<SummaryValue> scalars = scalars_of(values_of(metrics, row));
    if (of <= step) events.emplace(of, recorded.find(of, scalars).value_or(event_of(of, scalars)));
  }
  for (const SampleGrid& grid : sample_grids(run)) {
    if (grid.step > step) continue;
    add_if_shown(warn, [&] { events.emplace(grid.step, samples_event(grid.step, grid.file)); });
  }
  std::vector<std::string> in_order;
  for (auto& [of, event] : events) in_order.push_back(std::move(event));
  return in_order;
}

bool write_run_events(const fs::path& run, const Warn& warn) {
  const fs::path config = run / run_layout::kConfig;
  if (!fs::exists(config)) throw CheckpointError(run.string() + ": expected a run (config.yaml), found none");
  if (fs::exists(event_file_of(run))) return false;
  write_file_atomically(event_file_of(run),
                        opening_records(read_file(config), run, warn) +
                            records_of(reconstructed_events(run, std::numeric_limits<std::uint64_t>::max(), warn)));
  return true;
}

std::size_t write_evaluation_events(const fs::path& run) {
  const fs::path folder = run / run_layout::kEval;
  std::multimap<std::uint64_t, std::string> events;
  for (const fs::path& result_folder : result_folders(folder)) {
    try {
      const nlohmann::json whole = read_result(result_folder);
      const auto step = whole.at("provenance").at("step").get<std::uint64_t>();
      const std::string name = result_folder.lexically_relative(folder).generic_string();
      std::vector<SummaryValue> values;
      for (const auto& [place, number] : numbers_in(whole.at("result"))) {
        values.push_back(scalar_value(name + "/" + place, number));
      }
      events.emplace(step, event_of(step, values));
    } catch (const DataError&) {  // the report names it
    } catch (const nlohmann::json::exception&) {
    }
  }
  if (events.empty()) return 0;
  std::string records = record_of(first_event());
  for (const auto& [step, event] : events) records += record_of(event);
  write_file_atomically(folder / kEventFile, records);
  return events.size();
}

}  // namespace cebm

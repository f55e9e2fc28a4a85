// TensorBoard's event files of a run: one of its training and one of its evaluations.
#pragma once

#include <cebm/metric.h>
#include <cebm/state.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cebm {

/// Is told of a picture that is left out, because it is none that TensorBoard shows or cannot be read.
using Warn = std::function<void(const std::string&)>;

/// <run>/events.out.tfevents.0.cebm; TensorBoard takes a run's name from its folder.
std::filesystem::path event_file_of(const std::filesystem::path& run);

/// The first records of an event file: the resolved configuration as hyper-parameters and as text, and the training
/// images of samples/data.png if the run has them.
std::string opening_records(const std::string& config, const std::filesystem::path& run, const Warn& warn);

/// The event of a row of metrics: scalars "train/<name>", and a histogram of each distribution, [n].
std::string row_event(std::uint64_t step, const NamedValues& values, const NamedTensors& distributions = {});
/// The event of a grid in a PNG file. Throws IoError, DataError.
std::string samples_event(std::uint64_t step, const std::filesystem::path& png);

/// The first `count` events of steps 1 .. `step` in `file`, in the order in which training wrote them; nothing if the
/// file has fewer.
std::optional<std::vector<std::string>> recorded_events(const std::filesystem::path& file, std::uint64_t step,
                                                        std::uint64_t count);
/// The events up to `step` rebuilt from the run's metrics.csv and samples/, in the same order. Histograms are in
/// neither file: rows whose event is in the event file, with the same values, are taken from there; the others have
/// none.
std::vector<std::string> reconstructed_events(const std::filesystem::path& run, std::uint64_t step, const Warn& warn);

/// Writes the event file of a run that has none, from its other files. False if it has one, which stays unchanged.
/// Throws CheckpointError if the folder is no run; IoError, DataError.
bool write_run_events(const std::filesystem::path& run, const Warn& warn);

/// Writes <run>/eval/events.out.tfevents.0.cebm: the numbers of every result below <run>/eval as scalars at the step of
/// the weights that were evaluated. Results that are damaged are left out, as in the report. Throws IoError.
/// Returns how many results there are; with none, no file is written.
std::size_t write_evaluation_events(const std::filesystem::path& run);

}  // namespace cebm

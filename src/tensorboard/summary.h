// What TensorBoard shows, as messages of its event.proto, summary.proto and plugins.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensorboard/wire.h"

namespace cebm {

/// One Summary.Value.
using SummaryValue = Message;

/// TensorBoard keeps scalars as float32.
SummaryValue scalar_value(const std::string& tag, double value);
/// An 8-bit grey or RGB picture. Throws DataError, without the name of a file, if the bytes are no PNG of these kinds.
SummaryValue image_value(const std::string& tag, std::string_view png);
/// Counts of the values in 30 bins of equal width between the smallest and the largest; non-finite values are left out.
SummaryValue histogram_value(const std::string& tag, std::span<const double> values);
/// Markdown.
SummaryValue text_value(const std::string& tag, const std::string& markdown);

/// The hyper-parameters of a run, for the HParams page.
using HyperParameter = std::variant<double, bool, std::string>;
SummaryValue hyper_parameters_value(const std::vector<std::pair<std::string, HyperParameter>>& parameters);

/// An event with these values at a gradient step. Its wall-clock time is the step in seconds, so that the file depends
/// on nothing but the run; when things happened is in the run's timing.csv.
std::string event_of(std::uint64_t step, const std::vector<SummaryValue>& values);
/// The event that a file begins with.
std::string first_event();
/// The step of an encoded event; 0 where it has none.
std::uint64_t step_of_event(std::string_view event);

}  // namespace cebm

/// Declarations of the quantities that a training reports. The columns of metrics.csv, the console, the report's curves
/// and the guard all follow from them; none has a metric's name built in.
#pragma once

#include <cebm/options.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Quantities of one gradient step by name, scalars on the model's device.
using StepValues = std::vector<std::pair<std::string, torch::Tensor>>;
/// The same, copied to the host.
using NamedValues = std::vector<std::pair<std::string, double>>;

/// A curve in a run's report. Metrics that name the same chart share it; its y axis has the unit of the first.
struct MetricCurve {
  std::string chart;  ///< its title; empty: no curve
  std::string label;
};

/// A limit that the guard holds a metric to. The setting is guard.<key>.
///   value: |x| <= limit                            at every step, or at every row of a row metric
///   mean:  m <= limit                              m the running mean of about w = guard.drift_window steps
///   drift: |m_w - m_10w| <= limit                  running means of about w and 10 w steps
/// The running means are m <- m + (x - m) / min(n, w) after n steps, and are judged from step w on.
struct Watch {
  enum class Of { value, mean, drift };
  Of of = Of::value;
  std::string key;
  double limit = 0.0;  ///< the default
  double off = 0.0;    ///< the limit that switches the watch off
  Range<double> range = {0.0, 1e30};
  std::string help = {};
  std::string advice = {};  ///< what to change when the limit is passed; empty: general advice
};

/// A column of metrics.csv.
struct Metric {
  /// step: measured at every gradient step; a row has the mean since the previous row.
  /// row:  measured once for every row.
  enum class When { step, row };
  std::string name;
  std::string unit = {};  ///< for people; empty: a pure number
  When when = When::step;
  bool shown = false;  ///< on the console
  /// For step metrics: the metric that weights each step in a row's mean, such as the share of images that a step's
  /// value is a mean of; a row in which all weights are 0 has 0. Empty: all steps alike.
  std::string weight = {};
  MetricCurve curve = {};
  std::vector<Watch> watches = {};
};

}  // namespace cebm

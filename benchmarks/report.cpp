#include "report.h"

#include <cstdio>

namespace bench {

namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

/// Per second; the times of rows with operations are in milliseconds.
double rate(const Row& row) { return row.operations > 0.0 ? row.operations / (row.time.median * 1e-3) : 0.0; }

double peak_of(const Setting& setting, const Peak& peak) {
  return setting.precision == cebm::Precision::bfloat16 && peak.bfloat16 > 0.0 ? peak.bfloat16 : peak.float32;
}

}  // namespace

std::string describe(const Machine& machine) {
  std::string text = machine.processor + ", " + std::to_string(machine.threads) + " threads";
  text += format(", measured peak %.0f GFLOP/s float32", machine.peak.float32 * 1e-9);
  if (machine.peak.bfloat16 > 0.0) text += format(", %.0f bfloat16", machine.peak.bfloat16 * 1e-9);
  return text;
}

std::string describe(const Row& row, const Setting& setting, const Peak& peak) {
  std::string text = format("%-10s %s: %.2f %s (%.2f .. %.2f)", row.part.c_str(), row.what.c_str(), row.time.median,
                            row.unit.c_str(), row.time.fastest, row.time.slowest);
  if (rate(row) > 0.0) {
    text += format(", %.0f GFLOP/s", rate(row) * 1e-9);
    if (setting.device.is_cpu()) text += format(" = %.0f %% of the peak", 100.0 * rate(row) / peak_of(setting, peak));
  }
  if (row.memory > 0) text += format(", %.0f MiB more memory", static_cast<double>(row.memory) / 1048576.0);
  return row.check.empty() ? text : text + "; " + row.check;
}

nlohmann::json to_json(const Machine& machine) {
  return {{"processor", machine.processor},
          {"threads", machine.threads},
          {"peak_float32", machine.peak.float32},
          {"peak_bfloat16", machine.peak.bfloat16}};
}

nlohmann::json to_json(const Row& row, const Setting& setting, const Peak& peak) {
  return {{"part", row.part},
          {"subject", setting.subject.name},
          {"precision", cebm::name_of(setting.precision)},
          {"batch", setting.batch},
          {"steps", setting.steps},
          {"threads", setting.threads},
          {"device", setting.device.str()},
          {"what", row.what},
          {"unit", row.unit},
          {"median", row.time.median},
          {"fastest", row.time.fastest},
          {"slowest", row.time.slowest},
          {"operations_per_second", rate(row)},
          {"share_of_peak", setting.device.is_cpu() ? rate(row) / peak_of(setting, peak) : 0.0},
          {"memory_bytes", row.memory},
          {"check", row.check}};
}

}  // namespace bench

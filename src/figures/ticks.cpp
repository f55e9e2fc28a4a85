#include "figures/ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/fixed_text.h"

namespace cebm {

namespace {

struct Unit {
  double size;
  const char* suffix;
};
constexpr std::array<Unit, 5> kUnits{{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1.0, ""}}};

int exponent(double positive) { return static_cast<int>(std::floor(std::log10(positive) + 1e-9)); }

double nice_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1.0 - 1e-9)) return factor * power;
  return 10.0 * power;
}

std::string scientific(double value, int decimals) {
  if (value == 0.0) return "0";
  std::string text = scientific_text(value, decimals);  // 1.5e-07
  const std::size_t e = text.find('e');
  return text.substr(0, e + 1) + std::to_string(std::stoi(text.substr(e + 1)));
}

std::string label(double value, double step, double largest) {
  if (largest >= 1e15 || largest < 1e-4) return scientific(value, std::max(0, exponent(largest) - exponent(step)));
  // Suffixes begin at 10,000: smaller numbers fit into four digits.
  const auto* unit = std::ranges::find_if(kUnits, [&](const Unit& u) { return largest >= u.size; });
  if (unit == kUnits.end() || largest < 1e4) unit = &kUnits.back();
  const int decimals = std::max(0, -exponent(step / unit->size));
  return value == 0.0 ? "0" : fixed_text(value / unit->size, decimals) + unit->suffix;
}

}  // namespace

Range widen(Range range) {
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low > 1e-9 * largest && range.high - range.low > 1e-290) return range;
  const double margin = largest > 1e-280 ? 0.1 * largest : 1.0;
  return {range.low - margin, range.high + margin};
}

std::vector<Tick> nice_ticks(Range range, int count) {
  const double step = nice_step((range.high - range.low) / count);
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  std::vector<Tick> ticks;
  const double first = std::ceil(range.low / step - 1e-9);
  for (double i = first; i * step <= range.high + 1e-9 * step; i += 1.0) ticks.push_back({i * step, ""});
  for (Tick& tick : ticks) tick.label = label(tick.value, step, largest);
  return ticks;
}

std::vector<Tick> decade_ticks(Range range) {
  const double step = std::ceil((range.high - range.low) / 8.0);
  std::vector<Tick> ticks;
  for (double decade = std::ceil(range.low); decade <= range.high; decade += step) {
    const double value = std::pow(10.0, decade);
    ticks.push_back({decade, label(value, value, value)});
  }
  return ticks;
}

}  // namespace cebm

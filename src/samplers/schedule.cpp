#include <cebm/sampler.h>

#include <cmath>

namespace cebm {

void ScheduleOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, ScheduleKind> kinds[] = {
      {"constant", ScheduleKind::constant}, {"linear", ScheduleKind::linear}, {"polynomial", ScheduleKind::polynomial}};
  visit.enumeration<ScheduleKind>("kind", kind, kinds,
                                  "factor over the T steps of one call: constant 1; linear from 1 to `final`; "
                                  "polynomial (1 + t / offset)^(-power), Welling and Teh (2011)");
  visit.when({kind == ScheduleKind::linear, "kind: linear"}, [&] {
    visit.real("final", final, {0.0, 1e3}, "the factor at the last step");
  });
  visit.when({kind == ScheduleKind::polynomial, "kind: polynomial"}, [&] {
    visit.real("offset", offset, {1e-6, 1e9}, "number of steps before the decay sets in");
    visit.real("power", power, {0.0, 10.0}, "exponent of the decay; 0.5 < power <= 1 in the theory");
  });
}

double ScheduleOptions::factor(std::int64_t t, std::int64_t steps) const {
  const auto time = static_cast<double>(t);
  switch (kind) {
    case ScheduleKind::linear:
      return steps < 2 ? 1.0 : 1.0 + (final - 1.0) * time / static_cast<double>(steps - 1);
    case ScheduleKind::polynomial:
      return std::pow(1.0 + time / offset, -power);
    case ScheduleKind::constant:
      break;
  }
  return 1.0;
}

}  // namespace cebm

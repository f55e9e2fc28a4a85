#include <cebm/annealing.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cebm {

void AnnealingOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, AnnealingKind> kinds[] = {{"constant", AnnealingKind::constant},
                                                                    {"linear", AnnealingKind::linear},
                                                                    {"cosine", AnnealingKind::cosine},
                                                                    {"steps", AnnealingKind::steps}};
  const bool glides = kind == AnnealingKind::linear || kind == AnnealingKind::cosine;
  visit.enumeration<AnnealingKind>("kind", kind, kinds,
                                   "factor over the gradient steps of the training: constant 1; linear or cosine from "
                                   "1 to `final`; steps: times `by` at each gradient step in `at`");
  visit.when({glides, "kind: linear or cosine"}, [&] {
    visit.real("final", final, {0.0, 1e3}, "the factor at the end");
    visit.integer("end", end, {0, 1000000000}, "gradient step of the end; 0: the training's last");
    if (end == 0) visit.ends_with_training("end");
  });
  visit.when({kind == AnnealingKind::steps, "kind: steps"}, [&] {
    visit.integers("at", at, {1, 1000000000}, "gradient steps");
    visit.real("by", by, {0.0, 1e3}, "what each of them multiplies by");
  });
}

double AnnealingOptions::factor(std::uint64_t step, std::uint64_t steps, std::uint64_t begin) const {
  if (kind == AnnealingKind::constant) return 1.0;
  if (kind == AnnealingKind::steps) {
    const auto passed = std::count_if(at.begin(), at.end(),
                                      [&](std::int64_t when) { return static_cast<std::uint64_t>(when) <= step; });
    return std::pow(by, static_cast<double>(passed));
  }
  const std::uint64_t last = end > 0 ? static_cast<std::uint64_t>(end) : steps > 0 ? steps - 1 : 0;
  if (step <= begin || (end == 0 && steps == 0)) return 1.0;
  const double p = step >= last ? 1.0 : static_cast<double>(step - begin) / static_cast<double>(last - begin);
  if (kind == AnnealingKind::linear) return 1.0 + (final - 1.0) * p;
  return final + (1.0 - final) * (1.0 + std::cos(std::numbers::pi * p)) / 2.0;
}

double AnnealingOptions::largest() const {
  switch (kind) {
    case AnnealingKind::linear:
    case AnnealingKind::cosine:
      return std::max(1.0, final);
    case AnnealingKind::steps:
      return std::max(1.0, std::pow(by, static_cast<double>(at.size())));
    case AnnealingKind::constant:
      break;
  }
  return 1.0;
}

}  // namespace cebm

#include <cebm/errors.h>
#include <cebm/objective.h>

#include <algorithm>
#include <limits>
#include <set>

#include "objectives/weighted_sum.h"

namespace cebm {

namespace {

bool is_on(const SumOptions::Term& term) { return term.weight > 0.0; }

void term_fields(SumOptions::Term& term, Fields& visit) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  visit.real("weight", term.weight, {0.0, 1e6}, "weight of this objective; 0: it is no part of the sum");
  visit.when({is_on(term), "weight: above 0"}, [&] {
    visit.integer("skip", term.skip, {0, kMost}, "images of the batch that it leaves out, the first");
    visit.integer("images", term.images, {0, kMost}, "how many of the others it sees; 0: all");
    term.options->fields(visit);
  });
}

/// Number of a batch's images that the term sees. Throws ConfigError if the batch is too small, or one of the ranks
/// would have none of them.
std::int64_t images_of(const SumOptions::Term& term, std::int64_t batch_size, int ranks) {
  const std::int64_t left = batch_size - term.skip;
  if (left >= std::max<std::int64_t>(term.images, 1)) {
    const std::int64_t seen = term.images > 0 ? term.images : left;
    if (seen >= ranks) return seen;
    throw ConfigError("objective." + term.row->name + ": expected at least an image for each of " +
                      std::to_string(ranks) + " ranks, found " + std::to_string(seen));
  }
  throw ConfigError("objective." + term.row->name + ": expected skip and images within train.batch_size (" +
                    std::to_string(batch_size) + "), found " + std::to_string(term.skip) + " and " +
                    std::to_string(term.images));
}

std::string prefix_of(const SumOptions::Term& term) { return term.row->name + "."; }

void require_one_sampler(const std::vector<SumOptions::Term>& terms) {
  std::string first;
  for (const SumOptions::Term& term : terms) {
    if (!is_on(term) || !term.options->has_sampler()) continue;
    if (!first.empty()) {
      throw ConfigError("objective." + term.row->name + ": expected one objective with a sampler, found " + first +
                        " beside it");
    }
    first = term.row->name;
  }
}

}  // namespace

SumOptions::SumOptions(const Catalog& catalog) {
  for (const ObjectiveEntry& row : registry_of<ObjectiveEntry>(catalog).rows()) {
    if (!row.is_term) continue;
    auto options = row.options(catalog);
    terms.push_back({.row = &row,
                     .options = std::unique_ptr<ObjectiveOptions>(dynamic_cast<ObjectiveOptions*>(options.release()))});
  }
}

void SumOptions::fields(Fields& visit) {
  for (Term& term : terms) {
    DescribedBy section([&](Fields& inside) { term_fields(term, inside); });
    visit.section(term.row->name.c_str(), section, term.row->summary.c_str());
  }
}

// There is at most one: make_sum() rejects two terms with chains.
const SumOptions::Term* SumOptions::with_chains() const {
  const auto found =
      std::ranges::find_if(terms, [](const Term& term) { return is_on(term) && term.options->has_sampler(); });
  return found == terms.end() ? nullptr : &*found;
}

void SumOptions::sections(Fields& visit) {
  if (const Term* const term = with_chains()) term->options->sections(visit);
}

std::vector<Metric> SumOptions::metrics() const {
  std::vector<Metric> all;
  std::set<std::string> keys;
  for (const Term& term : terms) {
    if (!is_on(term)) continue;
    for (Metric& metric : with_prefix(prefix_of(term), term.options->metrics())) {
      std::erase_if(metric.watches, [&](const Watch& watch) { return !keys.insert(watch.key).second; });
      all.push_back(std::move(metric));
    }
  }
  return all;
}

Choice<SamplerEntry>* SumOptions::sampler() {
  const Term* const term = with_chains();
  return term == nullptr ? nullptr : term->options->sampler();
}

const BufferOptions* SumOptions::kept_chains() const {
  const Term* const term = with_chains();
  return term == nullptr ? nullptr : term->options->kept_chains();
}

State SumOptions::state_of_chains(const State& objective) const {
  const Term* const term = with_chains();
  return term == nullptr ? State{} : term->options->state_of_chains(state_of_term(objective, prefix_of(*term)));
}

bool SumOptions::uses_labels() const {
  return std::ranges::any_of(terms, [](const Term& term) { return is_on(term) && term.options->uses_labels(); });
}

bool SumOptions::uses_data_noise() const {
  return std::ranges::any_of(terms, [](const Term& term) { return is_on(term) && term.options->uses_data_noise(); });
}

std::shared_ptr<Objective> make_sum(const SumOptions& options, const ObjectiveContext& context) {
  require_one_sampler(options.terms);
  std::vector<WeightedTerm> terms;
  for (const SumOptions::Term& term : options.terms) {
    if (!is_on(term)) continue;
    ObjectiveContext own = context;
    own.batch_size = images_of(term, context.batch_size, context.ranks->size());
    terms.push_back({.prefix = prefix_of(term),
                     .weight = term.weight,
                     .skip = term.skip,
                     .images = term.images,
                     .objective = term.row->build(*term.options, own)});
  }
  if (terms.empty()) throw ConfigError("objective: sum: expected a section with a weight above 0, found none");
  return weighted_sum(context.model, std::move(terms));
}

}  // namespace cebm

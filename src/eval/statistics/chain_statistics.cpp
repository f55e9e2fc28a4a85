#include <cebm/chain_statistics.h>
#include <cebm/errors.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace cebm {

namespace {

using Series = std::vector<double>;

constexpr std::int64_t kFewestDraws = 8;

double mean_of(const Series& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Sample variance.
double variance_of(const Series& values) {
  const double mean = mean_of(values);
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

/// 1/n sum_i (x_i - mean)(x_i+lag - mean).
double autocovariance(const Series& chain, double mean, std::size_t lag) {
  double sum = 0.0;
  for (std::size_t i = 0; i + lag < chain.size(); ++i) sum += (chain[i] - mean) * (chain[i + lag] - mean);
  return sum / static_cast<double>(chain.size());
}

std::vector<Series> rows_of(const torch::Tensor& draws) {
  if (draws.dim() != 2 || draws.size(0) < 1 || draws.size(1) < kFewestDraws) {
    throw std::invalid_argument(
        c10::str("chains: expected at least 8 draws [chains, N] of each, found ", draws.sizes()));
  }
  const torch::Tensor values = draws.detach().to(torch::kCPU, torch::kDouble).contiguous();
  if (!values.isfinite().all().item<bool>()) throw NumericsError("chains: expected finite draws, found others");
  std::vector<Series> chains;
  for (std::int64_t c = 0; c < values.size(0); ++c) {
    const auto* const row = values.const_data_ptr<double>() + c * values.size(1);
    chains.emplace_back(row, row + values.size(1));
  }
  return chains;
}

std::vector<Series> halves_of(const std::vector<Series>& chains) {
  std::vector<Series> halves;
  for (const Series& chain : chains) {
    const auto half = static_cast<std::ptrdiff_t>(chain.size() / 2);
    halves.emplace_back(chain.begin(), chain.begin() + half);
    halves.emplace_back(chain.end() - half, chain.end());
  }
  return halves;
}

/// Autocorrelations of several chains, each around its own mean.
class Autocorrelations {
 public:
  explicit Autocorrelations(std::vector<Series> chains) : chains_(std::move(chains)) {
    for (const Series& chain : chains_) {
      means_.push_back(mean_of(chain));
      within_ += variance_of(chain) / static_cast<double>(chains_.size());
    }
    const double n = length();
    whole_ = within_ * (n - 1.0) / n + (chains_.size() > 1 ? variance_of(means_) : 0.0);
  }

  double length() const { return static_cast<double>(chains_.front().size()); }
  double within() const { return within_; }
  double whole() const { return whole_; }
  double at(std::size_t lag) const { return 1.0 - (within_ - mean_autocovariance(lag)) / whole_; }
  double mean_autocovariance(std::size_t lag) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < chains_.size(); ++c) sum += autocovariance(chains_[c], means_[c], lag);
    return sum / static_cast<double>(chains_.size());
  }

 private:
  std::vector<Series> chains_;
  Series means_;
  double within_ = 0.0;
  double whole_ = 0.0;
};

/// tau by Geyer's initial monotone sequence, with Stan's last term for chains whose correlations alternate.
double correlation_time(const Autocorrelations& rho) {
  const auto length = static_cast<std::size_t>(rho.length());
  double tau = -1.0;
  double before = 2.0;  // the largest that a pair can be
  for (std::size_t lag = 0; lag + 1 < length; lag += 2) {
    const double even = lag == 0 ? 1.0 : rho.at(lag);
    const double pair = even + rho.at(lag + 1);
    if (pair <= 0.0) return tau + std::max(even, 0.0);
    before = std::min(before, pair);
    tau += 2.0 * before;
  }
  return tau;
}

}  // namespace

Mixing mixing_of(const torch::Tensor& draws) {
  const std::vector<Series> halves = halves_of(rows_of(draws));
  const auto count = static_cast<double>(halves.size() * halves.front().size());
  const Autocorrelations rho(halves);
  if (!(rho.within() > 0.0)) return {};
  // At most count log10(count) effective samples: Stan's bound for chains whose draws repel each other.
  const double tau = std::max(correlation_time(rho), 1.0 / std::log10(count));
  return {std::sqrt(rho.whole() / rho.within()), count / tau};
}

std::vector<double> autocorrelation(const torch::Tensor& draws, std::int64_t longest) {
  const Autocorrelations chains(rows_of(draws));
  const double variance = chains.mean_autocovariance(0);
  std::vector<double> rho;
  if (!(variance > 0.0)) return rho;
  for (std::int64_t lag = 0; lag <= std::min(longest, draws.size(1) - 1); ++lag) {
    rho.push_back(chains.mean_autocovariance(static_cast<std::size_t>(lag)) / variance);
  }
  return rho;
}

}  // namespace cebm

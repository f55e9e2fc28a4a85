#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <cebm/errors.h>
#include <cebm/ranks.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <stdexcept>

namespace cebm {

namespace {

class SingleRank final : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  torch::Tensor gather(const torch::Tensor& rows, const std::vector<std::int64_t>&) override { return rows; }
  void accumulate(const torch::Tensor&, const std::function<void()>& add) override { add(); }
};

std::int64_t units_of(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit; }

torch::Tensor bytes_of(const std::string& text) {
  torch::Tensor bytes = at::empty({std::ssize(text)}, at::kByte);
  if (!text.empty()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  return bytes;
}

}  // namespace

Shares::Shares(std::int64_t count, std::int64_t unit, int ranks) {
  if (count < ranks) {
    throw std::invalid_argument("expected at least one row for each of " + std::to_string(ranks) + " ranks, found " +
                                std::to_string(count));
  }
  while (unit > 1 && units_of(count, unit) < ranks) unit /= 2;
  const std::int64_t units = units_of(count, unit);
  std::int64_t done = 0;
  for (std::int64_t r = 0; r < ranks; ++r) {
    const std::int64_t own = units / ranks + (r < units % ranks ? 1 : 0);
    sizes_.push_back(std::min(count - done, own * unit));
    done += sizes_.back();
  }
}

std::int64_t Shares::begin(int rank) const {
  return std::accumulate(sizes_.begin(), sizes_.begin() + rank, std::int64_t{0});
}

torch::Tensor Ranks::own(const torch::Tensor& rows, const Shares& shares) const {
  return alone() ? rows : rows.narrow(0, shares.begin(rank()), shares.size(rank()));
}

torch::Tensor Ranks::joined(const torch::Tensor& own, const Shares& shares) {
  if (alone()) return own;
  const torch::Tensor all = gather(own.detach(), shares.sizes());
  const std::int64_t begin = shares.begin(rank());
  const std::int64_t end = begin + shares.size(rank());
  return at::cat({all.narrow(0, 0, begin), own, all.narrow(0, end, all.size(0) - end)});
}

std::vector<std::string> Ranks::texts(const std::string& own) {
  if (alone()) return {own};
  const torch::Tensor lengths = gather(at::empty({1}, at::kLong).fill_(std::ssize(own)),
                                       std::vector<std::int64_t>(static_cast<std::size_t>(size()), 1));
  const auto* const first = lengths.const_data_ptr<std::int64_t>();
  const std::vector<std::int64_t> sizes(first, first + size());
  std::vector<std::string> all(sizes.size());
  if (std::ranges::all_of(sizes, [](std::int64_t length) { return length == 0; })) return all;
  const torch::Tensor bytes = gather(bytes_of(own), sizes);
  const auto* next = reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>());
  for (std::size_t r = 0; r < all.size(); ++r) {
    all[r].assign(next, static_cast<std::size_t>(sizes[r]));
    next += sizes[r];
  }
  return all;
}

std::vector<bool> Ranks::any(const std::vector<bool>& own) {
  if (alone()) return own;
  torch::Tensor flags = at::empty({1, std::ssize(own)}, at::kByte);
  for (std::size_t i = 0; i < own.size(); ++i) flags.data_ptr<std::uint8_t>()[i] = own[i] ? 1 : 0;
  const torch::Tensor all = gather(flags, std::vector<std::int64_t>(static_cast<std::size_t>(size()), 1));
  std::vector<bool> result(own.size());
  for (std::int64_t i = 0; i < all.numel(); ++i) {
    const auto question = static_cast<std::size_t>(i) % own.size();
    result[question] = result[question] || all.const_data_ptr<std::uint8_t>()[i] != 0;
  }
  return result;
}

void Ranks::require_same(const std::string& what, const std::string& own) {
  if (alone()) return;
  const std::vector<std::string> all = texts(own);
  for (std::size_t r = 1; r < all.size(); ++r) {
    if (all[r] != all.front()) {
      throw ConfigError(what + ": expected the same with all ranks, found another with rank " + std::to_string(r) +
                        "; with --ranks 1 each process works alone");
    }
  }
}

void Ranks::lead(const std::function<void()>& f) {
  if (alone()) return f();
  if (!leads()) {
    const std::string failure = texts({}).front();
    if (!failure.empty()) throw LeadError("rank 0 ended: " + failure);
    return;
  }
  std::string failure;
  try {
    f();
  } catch (const std::exception& cause) {
    failure = *cause.what() == '\0' ? "unknown reason" : cause.what();
    texts(failure);
    throw;
  }
  texts(failure);
}

std::shared_ptr<Ranks> single_rank() { return std::make_shared<SingleRank>(); }

}  // namespace cebm

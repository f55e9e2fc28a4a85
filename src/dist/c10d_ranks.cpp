#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <cebm/errors.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "dist/joined_ranks.h"
#include "dist/nccl.h"

namespace cebm {

namespace {

using Store = c10::intrusive_ptr<c10d::Store>;
using Backend = c10::intrusive_ptr<c10d::Backend>;

constexpr int kTag = 1;

/// The first line of a c10d or Gloo message, without stack frames, source locations and guesses.
std::string reason_of(const std::exception& cause) {
  const auto* const of_torch = dynamic_cast<const c10::Error*>(&cause);
  std::string text = of_torch == nullptr ? cause.what() : of_torch->what_without_backtrace();
  text = text.substr(0, std::min(text.find('\n'), text.find(". This is typically")));
  const std::size_t place = text.starts_with("[/") ? text.find("] ") : std::string::npos;
  return place == std::string::npos ? text : text.substr(place + 2);
}

class JoinedRanks final : public Ranks {
 public:
  JoinedRanks(const RankPlace& place, std::chrono::seconds limit, Store store, Backend host, Backend device)
      : rank_(place.rank),
        size_(place.size),
        limit_(limit),
        store_(std::move(store)),
        host_(std::move(host)),
        device_(std::move(device)) {}

  ~JoinedRanks() override {
    // Destroy the groups before the store, and before main returns.
    device_.reset();
    host_.reset();
    store_.reset();
  }
  JoinedRanks(const JoinedRanks&) = delete;
  JoinedRanks& operator=(const JoinedRanks&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  torch::Tensor gather(const torch::Tensor& rows, const std::vector<std::int64_t>& sizes) override {
    const std::int64_t most = *std::ranges::max_element(sizes);
    const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = most * size_;
    const auto options = rows.options().requires_grad(false).memory_format(std::nullopt);
    torch::Tensor all = at::empty(shape, options);
    torch::Tensor own = rows.contiguous();
    if (own.size(0) < most) {
      shape[0] = most;
      own = at::zeros(shape, options);
      own.narrow(0, 0, rows.size(0)).copy_(rows);
    }
    std::vector<std::vector<at::Tensor>> parts(1);
    for (int r = 0; r < size_; ++r) parts[0].push_back(all.narrow(0, r * most, most));
    std::vector<at::Tensor> inputs{own};
    wait([&] { return backend_of(rows).allgather(parts, inputs); });
    if (total == most * size_) return all;
    // Drop the padding.
    std::vector<at::Tensor> kept;
    for (std::size_t r = 0; r < sizes.size(); ++r) kept.push_back(parts[0][r].narrow(0, 0, sizes[r]));
    return at::cat(kept);
  }

  void accumulate(const torch::Tensor& flat, const std::function<void()>& add) override {
    std::vector<at::Tensor> tensors{flat};
    c10d::Backend& backend = backend_of(flat);
    if (rank_ > 0) wait([&] { return backend.recv(tensors, rank_ - 1, kTag); });
    add();
    if (rank_ + 1 < size_) wait([&] { return backend.send(tensors, rank_ + 1, kTag); });
    c10d::BroadcastOptions from_last;
    from_last.rootRank = size_ - 1;
    wait([&] { return backend.broadcast(tensors, from_last); });
  }

 private:
  c10d::Backend& backend_of(const torch::Tensor& tensor) { return tensor.is_cpu() ? *host_ : *device_; }

  template <class Start>
  void wait(const Start& start) {
    try {
      start()->wait();
    } catch (const std::exception& cause) {
      throw RanksError("rank " + std::to_string(rank_) + " of " + std::to_string(size_) +
                       ": another rank has ended, or was not heard of for " + std::to_string(limit_.count()) +
                       " s (--rank-timeout); what it said itself tells why (" + reason_of(cause) + ")");
    }
  }

  int rank_;
  int size_;
  std::chrono::seconds limit_;
  Store store_;
  Backend host_;    ///< Gloo
  Backend device_;  ///< NCCL; null on CPUs
};

/// Gloo's network interface: of GLOO_SOCKET_IFNAME if set, loopback if all ranks are on this machine. By default Gloo
/// takes that of the machine's name, which need not lead to the other machines.
std::shared_ptr<gloo::transport::Device> network(const RankPlace& place) {
  const char* const named = std::getenv("GLOO_SOCKET_IFNAME");
  if (named != nullptr && *named != '\0') return c10d::ProcessGroupGloo::createDeviceForInterface(named);
  if (place.host == "127.0.0.1" || place.host == "localhost") {
    return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  }
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

Backend gloo_backend(const RankPlace& place, const Store& store, std::chrono::milliseconds limit) {
  auto options = c10d::ProcessGroupGloo::Options::create(limit);
  options->devices.push_back(network(place));
  options->threads = 1;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
}

/// Whether an earlier start of these processes began the run. torchrun's store survives a restart of the processes.
/// Rank 0 checks it for all ranks because in a start that ends early not every rank gets here.
bool began_here(c10d::Store& store, const RankPlace& place, bool has_begun) {
  const std::string key = "cebm/begins";
  const std::string answer = "cebm/" + std::to_string(place.restart) + "/goes_on";
  if (place.rank == 0) {
    const bool known = store.check({key});
    if (!known) store.set(key, has_begun ? "before" : "here");
    store.set(answer, known && store.get_to_str(key) == "here" ? "yes" : "no");
  }
  return store.get_to_str(answer) == "yes";
}

}  // namespace

bool can_join_ranks() { return true; }

std::string rank_libraries() { return has_nccl() ? "Gloo on CPUs, NCCL between GPUs" : "Gloo on CPUs"; }

std::shared_ptr<void> host_store(std::uint16_t& port) {
  c10d::TCPStoreOptions options;
  options.port = 0;
  options.isServer = true;
  options.waitWorkers = false;
  auto store =
      std::make_shared<c10::intrusive_ptr<c10d::TCPStore>>(c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options));
  port = (*store)->getPort();
  return store;
}

Joined join_ranks(const RankPlace& place, const JoinPlan& plan) {
  const std::chrono::seconds limit = plan.limit;
  try {
    c10d::TCPStoreOptions options;
    options.port = place.port;
    options.isServer = place.hosts_store;
    options.waitWorkers = false;
    options.timeout = limit;
    const Store tcp = c10::make_intrusive<c10d::TCPStore>(place.host, options);
    // A prefix for each restart: stale keys of an earlier start may be left in torchrun's store.
    const auto part = [&](const std::string& name) -> Store {
      return c10::make_intrusive<c10d::PrefixStore>("cebm/" + std::to_string(place.restart) + "/" + name, tcp);
    };
    const bool goes_on = began_here(*tcp, place, plan.has_begun);
    if (place.size == 1) return {single_rank(), goes_on};
    Backend host = gloo_backend(place, part("host"), limit);
    Backend gpus = plan.device.is_cuda() ? nccl_backend(part("device"), place.rank, place.size, limit) : Backend();
    return {std::make_shared<JoinedRanks>(place, limit, tcp, std::move(host), std::move(gpus)), goes_on};
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& cause) {
    throw RanksError("rank " + std::to_string(place.rank) + " of " + std::to_string(place.size) +
                     ": cannot join the others at " + place.host + ":" + std::to_string(place.port) + ": " +
                     reason_of(cause));
  }
}

}  // namespace cebm

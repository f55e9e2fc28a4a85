// Ranks that are threads of one process: what ranks do together, without the processes.
#pragma once

#include <ATen/ops/cat.h>
#include <cebm/errors.h>
#include <cebm/ranks.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cebm {

/// What the threads share.
class ThreadCompany {
 public:
  explicit ThreadCompany(int size) : tensors(static_cast<std::size_t>(size)), size_(size) {}

  /// Returns when all are there. Throws RanksError when one will not come.
  void meet() {
    std::unique_lock lock(mutex_);
    const auto round = round_;
    if (++waiting_ == size_) {
      waiting_ = 0;
      ++round_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&] { return round_ != round || ended_; });
    if (round_ == round) throw RanksError("another rank has ended");
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  std::vector<torch::Tensor> tensors;

 private:
  int size_;
  int waiting_ = 0;
  std::uint64_t round_ = 0;
  bool ended_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

class ThreadRank final : public Ranks {
 public:
  ThreadRank(std::shared_ptr<ThreadCompany> company, int rank, int size)
      : company_(std::move(company)), rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }

  torch::Tensor gather(const torch::Tensor& rows, const std::vector<std::int64_t>& sizes) override {
    EXPECT_EQ(rows.size(0), sizes[static_cast<std::size_t>(rank_)]);
    company_->tensors[static_cast<std::size_t>(rank_)] = rows.contiguous();
    company_->meet();
    const torch::Tensor all = at::cat(company_->tensors);
    company_->meet();
    return all;
  }

  void accumulate(const torch::Tensor& flat, const std::function<void()>& add) override {
    for (int r = 0; r < size_; ++r) {
      if (r == rank_) {
        if (r > 0) flat.copy_(company_->tensors[0]);
        add();
        company_->tensors[0] = flat.clone();
      }
      company_->meet();
    }
    flat.copy_(company_->tensors[0]);
    company_->meet();
  }

 private:
  std::shared_ptr<ThreadCompany> company_;
  int rank_;
  int size_;
};

/// Calls `f` in a thread for each rank, and throws what one of them throws, the first ranks' first.
inline void in_ranks(int size, const std::function<void(const std::shared_ptr<Ranks>&)>& f) {
  const auto company = std::make_shared<ThreadCompany>(size);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        f(std::make_shared<ThreadRank>(company, rank, size));
      } catch (...) {
        failures[static_cast<std::size_t>(rank)] = std::current_exception();
        company->end();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace cebm

#include "cuda_on_cpu/fibers.h"

#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace cuda_on_cpu {

namespace {

constexpr unsigned kWarp = 32;
constexpr std::size_t kStackBytes = 64 << 10;
constexpr std::size_t kSlotBytes = 16;
constexpr unsigned kNone = ~0U;

/// Tells the address sanitizer that the stack changes; nothing without it.
class StackSwitch {
 public:
  StackSwitch(const void* stack, std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&fake_, stack, bytes);
#else
    static_cast<void>(stack);
    static_cast<void>(bytes);
#endif
  }

  void back() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake_, nullptr, nullptr);
#endif
  }

 private:
  void* fake_ = nullptr;
};

struct Stack {
  void* bottom = nullptr;
  std::size_t bytes = 0;
};

/// On a fiber that begins: where it came from.
Stack arrived() {
  Stack from;
#ifdef __SANITIZE_ADDRESS__
  const void* bottom = nullptr;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &from.bytes);
  from.bottom = const_cast<void*>(bottom);
#endif
  return from;
}

/// Threads that wait for each other: of a block or of a warp.
struct Meeting {
  unsigned alive = 0;
  unsigned waiting = 0;
  std::uint64_t generation = 0;

  void arrive() {
    if (++waiting == alive) open();
  }
  /// A thread that has ended is waited for no more.
  void leave() {
    if (--alive > 0 && waiting == alive) open();
  }
  void open() {
    waiting = 0;
    ++generation;
  }
};

/// What its threads hand to each other, in two places that take turns: a thread is never two exchanges ahead of
/// another.
struct Warp {
  Meeting meeting;
  char slots[2][kWarp][kSlotBytes];
  std::uint64_t handed[2][kWarp] = {};  ///< the exchange, from 1 on, that a slot holds
  std::uint64_t exchanges[kWarp] = {};  ///< of each thread
};

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStackBytes]};
  unsigned thread = 0;             ///< that it runs
  const Meeting* waits = nullptr;  ///< null: it does not wait
  std::uint64_t generation = 0;    ///< of what it waits for, when it came
};

class Block {
 public:
  void run(dim3 index, dim3 size, dim3 grid, const std::function<void()>& thread, std::mt19937_64* random) {
    const unsigned count = size.x * size.y * size.z;
    thread_ = &thread;
    blockIdx = index;
    blockDim = size;
    gridDim = grid;
    all_ = {.alive = count};
    or_ = false;
    warps_.assign((count + kWarp - 1) / kWarp, {});
    for (unsigned i = 0; i < count; ++i) ++warps_[i / kWarp].meeting.alive;
    put_in_order(count, random);
    next_ = 0;
    waiting_.assign(warps_.size(), {});
    waiting_count_ = 0;
    abandoned_ = false;
    while (next_ < order_.size() || waiting_count_ > 0) {
      const unsigned begins = next_ < order_.size() ? rank_of(order_[next_]) : kNone;
      if (Fiber* const ready = take_ready(begins)) {
        resume(*ready);
      } else if (begins != kNone) {
        resume(free_fiber());
      } else {
        give_up();
      }
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  unsigned lane() const { return now_->thread % kWarp; }

  void wait(Meeting& meeting) {
    const std::uint64_t mine = meeting.generation;
    meeting.arrive();
    if (meeting.generation != mine) return;
    now_->waits = &meeting;
    now_->generation = mine;
    leave_fiber();
    if (abandoned_) throw Abandoned();
    now_->waits = nullptr;
  }

  void wait_for_block() { wait(all_); }

  bool any(bool predicate) {
    or_ |= predicate;
    wait(all_);
    const bool result = or_;
    wait(all_);
    or_ = false;
    wait(all_);
    return result;
  }

  void exchange(const void* mine, void* other, std::size_t size, unsigned of_lane) {
    if (size > kSlotBytes) throw std::logic_error("a warp exchanges at most 16 bytes at a time");
    Warp& warp = warps_[now_->thread / kWarp];
    const unsigned own = lane();
    const std::uint64_t number = ++warp.exchanges[own];
    const std::size_t place = number % 2;
    std::memcpy(warp.slots[place][own], mine, size);
    warp.handed[place][own] = number;
    wait(warp.meeting);
    const bool is_there = of_lane < kWarp && warp.handed[place][of_lane] == number;
    std::memcpy(other, is_there ? warp.slots[place][of_lane] : mine, size);
  }

 private:
  struct Abandoned {};

  /// Where a running thread reads its index.
  static void show(unsigned thread) {
    threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / (blockDim.x * blockDim.y)};
  }

  Fiber& free_fiber() {
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>());
      idle_.push_back(fibers_.back().get());
    }
    Fiber& fiber = *idle_.back();
    idle_.pop_back();
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStackBytes;
    fiber.context.uc_link = nullptr;
    fiber.waits = nullptr;
    makecontext(&fiber.context, reinterpret_cast<void (*)()>(&Block::entry), 0);
    return fiber;
  }

  void resume(Fiber& fiber) {
    now_ = &fiber;
    show(fiber.thread);
    StackSwitch there(fiber.stack.get(), kStackBytes);
    swapcontext(&scheduler_, &fiber.context);
    there.back();
    if (fiber.waits != nullptr) {
      waiting_[rank_of(fiber.thread)].push_back(&fiber);
      ++waiting_count_;
    } else {
      idle_.push_back(&fiber);
    }
  }

  /// Some warp is always far ahead of the others: until it waits for them, they do not even begin.
  void put_in_order(unsigned count, std::mt19937_64* random) {
    ranks_.resize(warps_.size());
    std::iota(ranks_.begin(), ranks_.end(), 0U);
    if (random != nullptr) std::shuffle(ranks_.begin(), ranks_.end(), *random);
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0U);
    if (random != nullptr) std::shuffle(order_.begin(), order_.end(), *random);
    std::stable_sort(order_.begin(), order_.end(), [this](unsigned a, unsigned b) { return rank_of(a) < rank_of(b); });
  }

  unsigned rank_of(unsigned thread) const { return ranks_[thread / kWarp]; }

  bool may_go_on(const Fiber& fiber) const { return abandoned_ || fiber.waits->generation != fiber.generation; }

  /// One that may go on, of the first warp where there is one; null if none comes before the rank `before`.
  Fiber* take_ready(unsigned before) {
    for (unsigned rank = 0; rank < std::min<std::size_t>(before, waiting_.size()); ++rank) {
      std::vector<Fiber*>& all = waiting_[rank];
      const auto found = std::find_if(all.rbegin(), all.rend(), [this](Fiber* fiber) { return may_go_on(*fiber); });
      if (found == all.rend()) continue;
      Fiber* const ready = *found;
      *found = all.back();
      all.pop_back();
      --waiting_count_;
      return ready;
    }
    return nullptr;
  }

  void give_up() {
    error_ = std::make_exception_ptr(std::logic_error("threads wait at a barrier that others never reach"));
    abandoned_ = true;
  }

  void leave_fiber() {
    StackSwitch back(caller_.bottom, caller_.bytes);
    Fiber& mine = *now_;
    swapcontext(&mine.context, &scheduler_);
    back.back();
  }

  static void entry();

  /// On a fiber: one thread after another, until none is left to begin or some wait.
  void run_threads() {
    caller_ = arrived();
    do {
      const unsigned index = order_[next_++];
      now_->thread = index;
      show(index);
      try {
        (*thread_)();
      } catch (const Abandoned&) {
      } catch (...) {
        if (!error_) error_ = std::current_exception();
      }
      now_->waits = nullptr;
      warps_[index / kWarp].meeting.leave();
      all_.leave();
    } while (next_ < order_.size() && !abandoned_ && waiting_count_ == 0);
    if (abandoned_) next_ = order_.size();
    leave_fiber();
  }

  ucontext_t scheduler_;
  Stack caller_;
  const std::function<void()>* thread_ = nullptr;
  Meeting all_;
  bool or_ = false;
  std::vector<Warp> warps_;
  std::vector<unsigned> ranks_;  ///< of the warps
  std::vector<unsigned> order_;  ///< of the threads
  std::size_t next_ = 0;         ///< place in it
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::vector<std::vector<Fiber*>> waiting_;  ///< of each warp, by its rank
  std::size_t waiting_count_ = 0;
  Fiber* now_ = nullptr;
  bool abandoned_ = false;
  std::exception_ptr error_;
};

thread_local Block* running = nullptr;
thread_local std::uint64_t order_seed = 0;

void Block::entry() { running->run_threads(); }

}  // namespace

unsigned current_lane() { return running->lane(); }

void block_barrier() { running->wait_for_block(); }
bool block_or(bool predicate) { return running->any(predicate); }
void exchange(const void* mine, void* other, std::size_t size, unsigned of_lane) {
  running->exchange(mine, other, size, of_lane);
}

void run_grid(dim3 grid, dim3 block, const std::function<void()>& thread) {
  Block fibers;
  running = &fibers;
  std::mt19937_64 random(order_seed);
  std::vector<dim3> blocks;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) blocks.emplace_back(x, y, z);
    }
  }
  if (order_seed != 0) std::shuffle(blocks.begin(), blocks.end(), random);
  for (const dim3& index : blocks) fibers.run(index, block, grid, thread, order_seed != 0 ? &random : nullptr);
  running = nullptr;
}

Order::Order(std::uint64_t seed) : before_(order_seed) { order_seed = seed; }
Order::~Order() { order_seed = before_; }

}  // namespace cuda_on_cpu

// Zeroed memory that begins at a cache line.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace cebm::kernels::cpu {

template <class Number>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : size_(size), numbers_(static_cast<Number*>(::operator new(size * sizeof(Number), alignment))) {
    std::memset(numbers_.get(), 0, size * sizeof(Number));
  }

  Number* data() { return numbers_.get(); }
  const Number* data() const { return numbers_.get(); }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(Number* numbers) const { ::operator delete(numbers, alignment); }
  };

  std::size_t size_ = 0;
  std::unique_ptr<Number, Free> numbers_;
};

}  // namespace cebm::kernels::cpu

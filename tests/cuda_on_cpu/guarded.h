// Memory that shows what is read or written beyond its ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#endif

namespace cuda_on_cpu {

/// Numbers between two margins of NaNs, in float32 and bfloat16: what is read there spoils a result, what is written
/// there fails the test. The address sanitizer finds both at once. `shift` numbers lie between an address that quads
/// may begin at and the first one.
template <class Number>
class Guarded {
 public:
  explicit Guarded(std::size_t count, std::size_t shift = 0)
      : count_(count), first_(margin + shift), all_(count + 2 * margin + shift) {
    std::memset(static_cast<void*>(all_.data()), 0xff, all_.size() * sizeof(Number));
    std::memset(static_cast<void*>(data()), 0, count_ * sizeof(Number));
    ASAN_POISON_MEMORY_REGION(all_.data(), first_ * sizeof(Number));
    ASAN_POISON_MEMORY_REGION(data() + count_, (all_.size() - first_ - count_) * sizeof(Number));
  }
  Guarded(const Guarded& other) : Guarded(other.count_, other.first_ - margin) {
    std::memcpy(data(), other.data(), count_ * sizeof(Number));
  }
  Guarded& operator=(const Guarded&) = delete;

  ~Guarded() {
    ASAN_UNPOISON_MEMORY_REGION(all_.data(), all_.size() * sizeof(Number));
    const auto* const bytes = reinterpret_cast<const unsigned char*>(all_.data());
    for (std::size_t i = 0; i < all_.size() * sizeof(Number); ++i) {
      if (i >= first_ * sizeof(Number) && i < (first_ + count_) * sizeof(Number)) continue;
      if (bytes[i] == 0xff) continue;
      ADD_FAILURE() << "written " << i << " bytes from a beginning of " << all_.size() * sizeof(Number);
      return;
    }
  }

  Number* data() { return all_.data() + first_; }
  const Number* data() const { return all_.data() + first_; }
  std::size_t size() const { return count_; }
  std::span<Number> numbers() { return {data(), count_}; }
  std::span<const Number> numbers() const { return {data(), count_}; }
  Number& operator[](std::size_t i) { return data()[i]; }
  const Number& operator[](std::size_t i) const { return data()[i]; }

  /// Bit for bit.
  bool operator==(const Guarded& other) const {
    return count_ == other.count_ && std::memcmp(data(), other.data(), count_ * sizeof(Number)) == 0;
  }

 private:
  static constexpr std::size_t margin = 64;

  std::size_t count_, first_;
  std::vector<Number> all_;
};

}  // namespace cuda_on_cpu

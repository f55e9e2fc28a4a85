// A slow disk for the crash tests: preloaded into a program, it makes every write of more than a page a short one and
// waits after it, as it does before every flush and rename. SLOW_DISK_US is the wait in microseconds.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

namespace {

constexpr std::size_t kPage = 4096;

void wait() {
  const char* microseconds = std::getenv("SLOW_DISK_US");
  if (microseconds != nullptr) ::usleep(static_cast<useconds_t>(std::atoi(microseconds)));
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (count <= kPage) return real(file, bytes, count);
  const ssize_t written = real(file, bytes, count / 2);
  wait();
  return written;
}

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  wait();
  return real(file);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  wait();
  return real(from, to);
}

}  // extern "C"

// A file system that offers little, as some that are mounted over a network: preloaded into a program, it refuses
// links, locks, the flushing of folders and the renaming of folders.
#include <dlfcn.h>
#include <sys/stat.h>

#include <cerrno>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int refuse(int error) {
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

int symlink(const char*, const char*) { return refuse(EPERM); }

int flock(int, int) { return refuse(ENOLCK); }

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  struct stat status {};
  const bool is_folder = fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
  return is_folder ? refuse(EINVAL) : real(file);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  struct stat status {};
  const bool is_folder = lstat(from, &status) == 0 && S_ISDIR(status.st_mode);
  return is_folder ? refuse(EXDEV) : real(from, to);
}

}  // extern "C"

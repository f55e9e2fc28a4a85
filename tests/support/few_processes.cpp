// A machine without room for a third rank: preloaded into a program, it refuses to start a process with RANK=2.
#include <dlfcn.h>
#include <spawn.h>

#include <cerrno>
#include <cstring>

extern "C" int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment) {
  using Function =
      int(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*, char* const*);
  static auto* const real = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, "posix_spawn"));
  for (char* const* entry = environment; *entry != nullptr; ++entry) {
    if (std::strcmp(*entry, "RANK=2") == 0) return EAGAIN;
  }
  return real(child, path, actions, attributes, arguments, environment);
}

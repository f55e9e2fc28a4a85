#include "programs/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

#include "programs/log.h"

namespace cebm::app {

namespace {

bool g_product_is_in_files = false;

}  // namespace

void secure_streams() {
  // open() takes the lowest free number: one beyond standard error means that all three streams are open. The wrong
  // mode (reading or writing) makes their use fail.
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDONLY);
    if (opened == STDIN_FILENO) {
      ::close(opened);
      opened = ::open("/dev/null", O_WRONLY);
    }
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) ::close(opened);
  std::signal(SIGXFSZ, SIG_IGN);
}

void keep_going_without_readers() {
  g_product_is_in_files = true;
  std::signal(SIGPIPE, SIG_IGN);
}

bool finish_output() {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (g_product_is_in_files || (flushed && std::cout.good() && std::ferror(stdout) == 0)) return true;
  error(std::string("standard output cannot be written") +
        (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
  return false;
}

}  // namespace cebm::app

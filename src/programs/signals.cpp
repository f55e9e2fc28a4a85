#include "programs/signals.h"

#include <signal.h>
#include <unistd.h>

#include <csignal>

namespace cebm::app {

namespace {

volatile std::sig_atomic_t g_stop_signal = 0;
volatile std::sig_atomic_t g_insisted = 0;
volatile std::sig_atomic_t g_save_requested = 0;

extern "C" void remember_signal(int signal) {
  if (signal != SIGHUP && g_insisted != 0) _exit(128 + signal);
  if (signal != SIGHUP) g_insisted = 1;
  if (g_stop_signal == 0) g_stop_signal = signal;
}

extern "C" void remember_save_request(int) { g_save_requested = 1; }

}  // namespace

void watch_stop_signals() {
  std::signal(SIGINT, remember_signal);
  std::signal(SIGTERM, remember_signal);
  struct sigaction at_start {};
  if (::sigaction(SIGHUP, nullptr, &at_start) == 0 && at_start.sa_handler != SIG_IGN)
    std::signal(SIGHUP, remember_signal);
}

int stop_signal() { return g_stop_signal; }

void watch_save_signal() { std::signal(SIGUSR1, remember_save_request); }

bool take_save_request() {
  if (g_save_requested == 0) return false;
  g_save_requested = 0;
  return true;
}

}  // namespace cebm::app

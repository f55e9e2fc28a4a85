#include "support/program.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <cebm/device.h>
#include <cebm/errors.h>
#include <cebm/machine.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "support/log.h"
#include "support/progress_line.h"

namespace cebm::app {

namespace {

volatile std::sig_atomic_t g_stop_signal = 0;

extern "C" void remember_signal(int signal) {
  if (g_stop_signal != 0) _exit(128 + signal);
  g_stop_signal = signal;
}

volatile std::sig_atomic_t g_save_requested = 0;

extern "C" void remember_save_request(int) { g_save_requested = 1; }

}  // namespace

void CommonFlags::add_to(CLI::App& app) {
  app.add_option("--device", device, "auto, cpu, cuda or cuda:n")->capture_default_str();
  app.add_option("--threads", threads, "CPU threads; 0: OMP_NUM_THREADS, or one per core that the process may use")
      ->check(CLI::Range(0, 1024));
  // A default, not CLI11's environment: that of a subcommand not in use would win over the flag of the one in use.
  if (const char* const given = std::getenv("CEBM_DATA")) data_root = given;
  app.add_option("--data-root", data_root, "folder that holds the data sets; default $CEBM_DATA");
  app.add_flag("-v,--verbose", verbose, "say more");
  app.add_flag("-q,--quiet", quiet, "warnings and errors only");
}

torch::Device CommonFlags::apply() const {
  set_verbosity(quiet ? 0 : verbose ? 2 : 1);
  const int wanted = threads > 0 ? threads : default_threads();
  if (wanted != at::get_num_threads()) at::set_num_threads(wanted);
  if (!data_root.empty() && !std::filesystem::is_directory(data_root)) {
    throw ConfigError("--data-root (or CEBM_DATA): no such folder: " + data_root.string());
  }
  return parse_device(device);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  app.set_version_flag(
      "--version", [&app] { return app.get_name() + " " + describe_build(); },
      "print versions and what the machine is used with, and stop");
  try {
    app.parse(argc, argv);
    return body();
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  } catch (const ConfigError& problem) {
    error(problem.what());
    return 2;
  } catch (const NumericsError& problem) {
    error(problem.what());
    return 3;
  } catch (const c10::Error& problem) {
    error(problem.what_without_backtrace());
    return 1;
  } catch (const std::bad_alloc&) {
    error("out of memory");
    return 1;
  } catch (const std::exception& problem) {
    error(problem.what());
    return 1;
  }
}

void watch_stop_signals() {
  std::signal(SIGINT, remember_signal);
  std::signal(SIGTERM, remember_signal);
}

int stop_signal() { return g_stop_signal; }

void watch_save_signal() { std::signal(SIGUSR1, remember_save_request); }

bool take_save_request() {
  if (g_save_requested == 0) return false;
  g_save_requested = 0;
  return true;
}

}  // namespace cebm::app

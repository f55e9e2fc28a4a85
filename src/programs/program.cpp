#include "programs/program.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <cebm/dataset.h>
#include <cebm/device.h>
#include <cebm/errors.h>
#include <cebm/home.h>
#include <cebm/machine.h>
#include <cebm/programs.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "kernels/cuda/runtime.h"
#include "programs/company.h"
#include "programs/completion.h"
#include "programs/log.h"
#include "programs/streams.h"
#include "runs/weights_name.h"

namespace cebm::app {

namespace {

int run_guarded(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  app.set_version_flag(
      "--version", [&app] { return app.get_name() + " " + describe_build(); },
      "print versions and what the machine is used with, and stop");
  add_completion(app);
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

}  // namespace

void CommonFlags::add_to(CLI::App& app) {
  app.add_option("--device", device, "auto, cpu, cuda or cuda:n")->capture_default_str();
  app.add_option("--threads", threads, "CPU threads; 0: OMP_NUM_THREADS, or one per core that the process may use")
      ->check(CLI::Range(0, 1024));
  // A default, not CLI11's envname(): with that, an unused subcommand would overwrite the flag of the one in use.
  data_root = data_root_of_environment();
  add_path(app, "--data-root", data_root, "folder that holds the data sets; default $CEBM_DATA");
  app.add_flag("-v,--verbose", verbose, "say more");
  app.add_flag("-q,--quiet", quiet, "warnings and errors only");
}

namespace {

/// Replaces auto or cuda by "cuda:n", the rank's own GPU, if there are ranks and GPUs.
std::string own_device(const std::string& device, const Company& company) {
  const int gpus = kernels::cuda::device_count();
  if (!company.place() || gpus == 0 || (device != "auto" && device != "cuda")) return device;
  return "cuda:" + std::to_string(company.place()->local_rank % gpus);
}

}  // namespace

torch::Device CommonFlags::apply(const Company* company) const {
  const bool speaks = company == nullptr || company->leads();
  set_verbosity(!speaks ? -1 : quiet ? 0 : verbose ? 2 : 1);
  const int here = company == nullptr ? 1 : company->sharing();
  const int wanted = threads > 0 ? threads : std::max(1, default_threads() / here);
  if (wanted != at::get_num_threads()) at::set_num_threads(wanted);
  if (!data_root.empty() && !std::filesystem::is_directory(data_root)) {
    throw ConfigError("--data-root (or CEBM_DATA): no such folder: " + data_root.string());
  }
  return parse_device(company == nullptr ? device : own_device(device, *company));
}

void CommonFlags::add_to(CommandLine& line) const {
  if (device != CommonFlags().device) line.add("--device", device);
  if (threads != 0) line.add("--threads", std::to_string(threads));
  if (!data_root.empty()) line.add("--data-root", data_root.string());
  if (verbose) line.add("--verbose");
  if (quiet) line.add("--quiet");
}

CLI::Validator home_expansion() {
  return {[](std::string& path) -> std::string {
            try {
              path = expand_home(path).string();
              return {};
            } catch (const ConfigError& problem) {
              return problem.what();
            }
          },
          ""};
}

CLI::Validator unsigned_number() {
  return {[](std::string& text) -> std::string {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error == std::errc() && end == text.data() + text.size()) return {};
            return "expected a whole number from 0 to 18446744073709551615, found '" + text + "'";
          },
          ""};
}

CLI::Option* add_weights(CLI::App& app, Weights& weights) {
  return app
      .add_option_function<std::string>(
          "--weights", [&weights](const std::string& name) { weights = weights_named(name); },
          "average (where the run keeps one) or live")
      ->check(CLI::IsMember({name_of(Weights::average), name_of(Weights::live)}))
      ->default_str(name_of(weights));
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  secure_streams();
  const int code = run_guarded(app, argc, argv, body);
  return finish_output() || code != 0 ? code : 1;
}

}  // namespace cebm::app

namespace cebm {

void end_program(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace cebm

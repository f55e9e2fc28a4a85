#include "programs/company.h"

#include <cebm/errors.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace cebm::app {

namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 20s;  ///< time for started ranks to exit by themselves before they are killed

/// This process's environment with other values of some variables.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool changed = false;
    for (const auto& [name, value] : changes) changed = changed || text.starts_with(name + "=");
    if (!changed) all.push_back(text);
  }
  for (const auto& [name, value] : changes) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// In the environment of ranks that are started here: the process number of rank 0.
constexpr const char* kStarter = "CEBM_STARTED_BY";

/// If rank 0 has started this process, it ends with rank 0, however that ends: alone it could finish nothing. Returns
/// whether it has.
bool tied_to_starter() {
  const char* const starter = std::getenv(kStarter);
  if (starter == nullptr) return false;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (std::to_string(::getppid()) != starter) ::raise(SIGKILL);  // rank 0 ended before it was asked for
  return true;
}

bool has_ended(pid_t child) {
  const pid_t found = ::waitpid(child, nullptr, WNOHANG);
  return found == child || (found < 0 && errno == ECHILD);
}

}  // namespace

void RankFlags::add_to(CLI::App& app) {
  app.add_option(
         "--ranks", ranks,
         "work with so many processes on this machine; 0: with those that torchrun or srun has started; 1: alone, "
         "also where others were started")
      ->check(CLI::Range(0, 4096));
  app.add_option("--rank-timeout", timeout, "seconds for which another rank is waited for before this one ends")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
}

void RankFlags::add_to(CommandLine& line) const {
  if (ranks != 0) line.add("--ranks", std::to_string(ranks));
  if (timeout != RankFlags().timeout) line.add("--rank-timeout", std::to_string(timeout));
}

Company::Company(const RankFlags& flags, const std::vector<std::string>& arguments)
    : timeout_(flags.timeout),
      was_started_here_(tied_to_starter()),
      place_(place_from([](const char* name) { return std::getenv(name); })) {
  if (flags.ranks == 1) {
    place_.reset();
    return;
  }
  if (place_ && flags.ranks != 0 && flags.ranks != place_->size) {
    throw ConfigError("--ranks: expected 0, 1 (each alone) or the " + std::to_string(place_->size) +
                      " processes that were started together, found " + std::to_string(flags.ranks));
  }
  if (place_) {
    if (flags.ranks != 0) sharing_ = place_->size;
    return;
  }
  if (flags.ranks <= 1) return;
  try {
    start(flags.ranks, arguments);
  } catch (...) {
    for (const pid_t child : children_) ::kill(child, SIGKILL);
    for (const pid_t child : children_) ::waitpid(child, nullptr, 0);
    throw;
  }
}

void Company::start(int count, const std::vector<std::string>& arguments) {
  RankPlace place{.rank = 0, .size = count, .local_rank = 0, .host = "127.0.0.1"};
  store_ = host_store(place.port);
  sharing_ = count;
  for (int rank = 1; rank < count; ++rank) {
    const std::string number = std::to_string(rank);
    const std::vector<std::string> environment = environment_with({{kStarter, std::to_string(::getpid())},
                                                                   {"RANK", number},
                                                                   {"LOCAL_RANK", number},
                                                                   {"WORLD_SIZE", std::to_string(count)},
                                                                   {"MASTER_ADDR", place.host},
                                                                   {"MASTER_PORT", std::to_string(place.port)},
                                                                   {"TORCHELASTIC_USE_AGENT_STORE", "True"}});
    pid_t child = 0;
    const int error = ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, pointers(arguments).data(),
                                    pointers(environment).data());
    if (error != 0) throw IoError("rank " + number + " cannot be started: " + std::strerror(error));
    children_.push_back(child);
  }
  place_ = place;
}

Company::~Company() {
  const auto end = std::chrono::steady_clock::now() + kGrace;
  for (const pid_t child : children_) {
    while (!has_ended(child)) {
      if (std::chrono::steady_clock::now() > end) ::kill(child, SIGKILL);
      std::this_thread::sleep_for(5ms);
    }
  }
}

Joined Company::join(torch::Device device, bool has_begun) const {
  if (!place_ || (place_->size == 1 && !can_join_ranks())) return {single_rank(), false};
  return join_ranks(*place_, {.device = device, .limit = std::chrono::seconds(timeout_), .has_begun = has_begun});
}

int Company::run(const std::function<int()>& work) const {
  const auto code_unless = [](bool reports, int code) {
    if (reports) throw;
    return code;
  };
  try {
    return work();
  } catch (const ConfigError&) {
    return code_unless(leads(), 2);
  } catch (const NumericsError&) {
    return code_unless(leads(), 3);
  } catch (const DataError&) {
    return code_unless(!was_started_here_, 1);
  } catch (const CheckpointError&) {
    return code_unless(!was_started_here_, 1);
  } catch (const LeadError&) {
    return code_unless(!was_started_here_, 1);
  }
}

}  // namespace cebm::app

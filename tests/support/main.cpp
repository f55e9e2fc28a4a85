// Runs the tests of a program in one process, each as if it had the process to itself.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t end = text.find('=');
    if (end != std::string::npos) variables[text.substr(0, end)] = text.substr(end + 1);
  }
  return variables;
}

void set_environment(const std::map<std::string, std::string>& wanted) {
  for (const auto& [name, value] : environment()) {
    if (!wanted.contains(name)) unsetenv(name.c_str());
  }
  for (const auto& [name, value] : wanted) setenv(name.c_str(), value.c_str(), 1);
}

/// Takes back at the end of a test what it changed in the process, and starts LibTorch's own random numbers anew.
class SeparateTests final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& /*test*/) override {
    at::Generator(at::detail::getDefaultCPUGenerator()).set_current_seed(c10::default_rng_seed_val);
    threads_ = at::get_num_threads();
    folder_ = std::filesystem::current_path();
    environment_ = environment();
    for (auto& [signal, action] : actions_) sigaction(signal, nullptr, &action);
  }

  void OnTestEnd(const testing::TestInfo& /*test*/) override {
    if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
    c10::GradMode::set_enabled(true);
    std::filesystem::current_path(folder_);
    set_environment(environment_);
    for (const auto& [signal, action] : actions_) sigaction(signal, &action, nullptr);
  }

  int threads_ = 0;
  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
  std::map<int, struct sigaction> actions_{{SIGHUP, {}},  {SIGINT, {}},  {SIGTERM, {}},
                                           {SIGPIPE, {}}, {SIGUSR1, {}}, {SIGXFSZ, {}}};
};

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleMock(&count, arguments);
  testing::UnitTest::GetInstance()->listeners().Append(new SeparateTests);
  return RUN_ALL_TESTS();
}

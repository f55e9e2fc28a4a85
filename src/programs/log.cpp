#include "programs/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "programs/progress_line.h"

namespace cebm::app {

namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_color_mt("cebm");
    made->set_pattern("%H:%M:%S %^%l%$ %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void set_verbosity(int level) {
  logger().set_level(level <= 0 ? spdlog::level::warn : level == 1 ? spdlog::level::info : spdlog::level::debug);
}

void debug(const std::string& text) {
  clear_progress_line();
  logger().debug("{}", text);
}

void info(const std::string& text) {
  clear_progress_line();
  logger().info("{}", text);
}

void warn(const std::string& text) {
  clear_progress_line();
  logger().warn("{}", text);
}

void error(const std::string& text) {
  clear_progress_line();
  logger().error("{}", text);
}

void say(const std::string& text) {
  constexpr std::string_view mark = "warning: ";
  if (text.starts_with(mark)) {
    warn(text.substr(mark.size()));
  } else {
    info(text);
  }
}

}  // namespace cebm::app

#include "programs/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/text_check.h"
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
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                                                  spdlog::level::debug};
  logger().set_level(levels[std::clamp(level, -1, 2) + 1]);
}

void debug(const std::string& text) {
  clear_progress_line();
  logger().debug("{}", without_controls(text, "\n"));
}

void info(const std::string& text) {
  clear_progress_line();
  logger().info("{}", without_controls(text, "\n"));
}

void warn(const std::string& text) {
  clear_progress_line();
  logger().warn("{}", without_controls(text, "\n"));
}

void error(const std::string& text) {
  clear_progress_line();
  logger().error("{}", without_controls(text, "\n"));
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

#include "programs/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

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

std::string without_controls(std::string text) {
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F) c = '?';
  }
  return text;
}

void debug(const std::string& text) {
  clear_progress_line();
  logger().debug("{}", without_controls(text));
}

void info(const std::string& text) {
  clear_progress_line();
  logger().info("{}", without_controls(text));
}

void warn(const std::string& text) {
  clear_progress_line();
  logger().warn("{}", without_controls(text));
}

void error(const std::string& text) {
  clear_progress_line();
  logger().error("{}", without_controls(text));
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

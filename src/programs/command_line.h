// A command line as text that a shell takes.
#pragma once

#include <string>

namespace cebm::app {

class CommandLine {
 public:
  /// `program` and what else comes first is text for the shell already.
  explicit CommandLine(std::string program) : text_(std::move(program)) {}
  void add(const std::string& flag) { text_ += " " + flag; }
  /// The value is quoted where a shell would take it apart.
  void add(const std::string& flag, const std::string& value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace cebm::app

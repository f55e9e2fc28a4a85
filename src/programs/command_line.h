// Builds a command line as shell text.
#pragma once

#include <string>

namespace cebm::app {

class CommandLine {
 public:
  /// `program` is shell text already, possibly with a subcommand, and is not quoted.
  explicit CommandLine(std::string program) : text_(std::move(program)) {}
  void add(const std::string& flag) { text_ += " " + flag; }
  /// Quotes the value if a shell would split or expand it.
  void add(const std::string& flag, const std::string& value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace cebm::app

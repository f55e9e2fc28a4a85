#include "programs/man_page.h"

#include <cebm/machine.h>

namespace cebm::app {

namespace {

/// Escapes text for roff: backslashes and hyphens stay literal, and no line is read as a request.
std::string roff(const std::string& text) {
  std::string safe = "\\&";
  for (const char letter : text) {
    if (letter == '\\') {
      safe += "\\e";
    } else if (letter == '-') {
      safe += "\\-";
    } else {
      safe += letter;
    }
    if (letter == '\n') safe += "\\&";
  }
  return safe;
}

std::string names_text(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const auto& name : option.get_lnames()) names += (names.empty() ? "--" : ", --") + name;
  return names;
}

std::string options_text(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    text += ".TP\n.B " + roff(names_text(*option)) + "\n";
    if (option->get_items_expected_max() > 0) text.insert(text.size() - 1, " \\fIvalue\\fR");
    text += roff(option->get_description());
    if (option->get_required()) text += " (required)";
    if (!option->get_default_str().empty()) text += roff(" [" + option->get_default_str() + "]");
    text += "\n";
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& program) {
  const std::string name = roff(program.get_name());
  std::string text = ".TH " + program.get_name() + " 1 \"\" \"cebm " + version() + "\" \"User Commands\"\n";
  text += ".SH NAME\n" + name + " \\- " + roff(program.get_description()) + "\n";
  text += ".SH SYNOPSIS\n.B " + name + "\n";
  const auto commands = program.get_subcommands([](const CLI::App*) { return true; });
  text += commands.empty() ? "[\\fIoption\\fR]...\n" : "\\fIcommand\\fR [\\fIoption\\fR]...\n";
  text += ".SH OPTIONS\n" + options_text(program);
  for (const CLI::App* command : commands) {
    text += ".SH \"" + name + " " + roff(command->get_name()) + "\"\n" + roff(command->get_description()) + "\n" +
            options_text(*command);
  }
  text +=
      ".SH EXIT STATUS\n"
      "0 done, 1 failure while running, 2 bad usage or configuration, 3 diverged, 129, 130 or 143 stopped by a signal "
      "after saving.\n"
      ".SH ENVIRONMENT\n.TP\n.B CEBM_DATA\nfolder that holds the data sets\n"
      ".TP\n.B OMP_NUM_THREADS\nCPU threads\n"
      ".TP\n.B CEBM_KERNELS\ninstruction set of the kernels: generic, avx2, avx512, avx512bf16, amx\n";
  return text;
}

}  // namespace cebm::app

#include "programs/completion.h"

#include <vector>

#include "programs/man_page.h"

namespace cebm::app {

namespace {

using Subcommands = std::vector<const CLI::App*>;

Subcommands subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "-c", "--config".
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string flags_of(const CLI::App& app) {
  std::string all;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : names_of(*option)) all += (all.empty() ? "" : " ") + name;
  }
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The program's name as a valid name of a shell function.
std::string function_of(const CLI::App& program) { return "_" + replaced(program.get_name(), "-", "_"); }

/// Escapes text for zsh's single-quoted specifications, where brackets and colons are special.
std::string described(const std::string& text) {
  std::string safe = replaced(text, "'", "'\\''");
  for (const char* special : {"[", "]", ":"}) safe = replaced(safe, special, std::string("\\") + special);
  return safe;
}

std::string zsh_arguments(const CLI::App& app) {
  std::string arguments;
  for (const CLI::Option* option : app.get_options()) {
    const std::string value = option->get_items_expected_max() > 0 ? ":value:_files" : "";
    for (const std::string& name : names_of(*option)) {
      arguments += " \\\n      '" + name + "[" + described(option->get_description()) + "]" + value + "'";
    }
  }
  return "_arguments" + arguments + " \\\n      '*:file:_files'\n";
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string names;
  std::string cases;
  for (const CLI::App* command : subcommands_of(program)) {
    names += (names.empty() ? "" : " ") + command->get_name();
    cases += "    " + command->get_name() + ") flags='" + flags_of(*command) + "' ;;\n";
  }
  const std::string function = function_of(program);
  return function + "() {\n  local word=${COMP_WORDS[COMP_CWORD]} flags\n  case ${COMP_WORDS[1]} in\n" + cases +
         "    *) flags='" + flags_of(program) + "' ;;\n  esac\n" +
         "  if [[ $word == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$word\")\n" +
         "  elif ((COMP_CWORD == 1)); then\n    mapfile -t COMPREPLY < <(compgen -W '" + names +
         "' -- \"$word\")\n  fi\n}\ncomplete -o default -F " + function + " " + program.get_name() + "\n";
}

std::string zsh_completion(const CLI::App& program) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : subcommands_of(program)) {
    commands += "    '" + described(command->get_name()) + ":" + described(command->get_description()) + "'\n";
    cases += "    " + command->get_name() + ")\n      " + zsh_arguments(*command) + "      ;;\n";
  }
  const std::string whole = zsh_arguments(program);
  const std::string head = "#compdef " + program.get_name() + "\n";
  if (commands.empty()) return head + whole;
  return head + "local -a commands=(\n" + commands + "  )\nif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n" +
         "  _describe command commands\nelse\n  case $words[2] in\n" + cases + "    *)\n      " + whole +
         "      ;;\n  esac\nfi\n";
}

void add_completion(CLI::App& program) {
  const auto add = [&](const char* flag, std::string (*print)(const CLI::App&), const std::string& help) {
    // CLI11 prints the text and the program stops.
    const auto stop = [&program, print] { throw CLI::CallForVersion(print(program), 0); };
    program.add_flag_callback(flag, stop, help)->trigger_on_parse();
  };
  const std::string& name = program.get_name();
  add("--completion-bash", bash_completion,
      "print a completion script for bash: eval \"$(" + name + " --completion-bash)\"");
  add("--completion-zsh", zsh_completion, "print one for zsh, to be kept as _" + name + " in its fpath");
  add("--man-page", man_page, "print the manual page: " + name + " --man-page | man -l -");
}

}  // namespace cebm::app

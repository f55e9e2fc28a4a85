#include <cebm/tables.h>

#include <algorithm>

#include "base/fixed_text.h"
#include "eval/tables/percent.h"

namespace cebm {

namespace {

constexpr const char* kMissing = "missing";

constexpr int kDecimalsOfCsv = 4;

std::string signed_text(double value, int decimals) {
  const std::string text = fixed_text(value, decimals);
  return text.starts_with('-') ? text : "+" + text;
}

std::string whole_text(double percent) { return fixed_text(percent, 0); }

/// How the parts of a cell are written.
struct Style {
  std::string bold_begin, bold_end, plus_minus, paper_begin, paper_end;
  std::string (*number)(const std::string& text);
};

std::string ours_text(const TableCell& cell, const Style& style) {
  if (cell.ours.empty()) return kMissing;
  std::string text = percent_text(cell.mean());
  if (const auto std = cell.std()) {
    text += style.plus_minus + percent_text(*std) + " [" + std::to_string(cell.ours.size()) + "]";
  }
  return cell.best ? style.bold_begin + text + style.bold_end : text;
}

/// "46.1 (52, -5.9)"
std::string cell_text(const TableCell& cell, const Style& style) {
  std::string text = ours_text(cell, style);
  if (!cell.paper) return text;
  text += " " + style.paper_begin + "(" + whole_text(*cell.paper);
  if (!cell.ours.empty()) text += ", " + style.number(signed_text(cell.mean() - *cell.paper, 1));
  return text + ")" + style.paper_end;
}

std::string legend(const ResultTable& table) {
  const auto any_cell = [&](const auto& is) {
    return std::ranges::any_of(table.rows, [&](const TableRow& row) { return std::ranges::any_of(row.cells, is); });
  };
  std::string text = table.caption;
  if (any_cell([](const TableCell& cell) { return cell.paper.has_value(); })) {
    text += " In brackets: the paper's value, and ours minus the paper's.";
  }
  const bool several = any_cell([](const TableCell& cell) { return cell.ours.size() > 1; });
  return several ? text + " Several runs of one configuration: mean +- standard deviation [runs]." : text;
}

std::string escaped(const std::string& text, const std::vector<std::pair<char, std::string>>& replacements) {
  std::string result;
  for (const char c : text) {
    std::string written(1, c);
    for (const auto& [from, to] : replacements) {
      if (c == from) written = to;
    }
    result += written;
  }
  return result;
}

std::string markdown(const std::string& text) {
  return escaped(text, {{'|', "\\|"}, {'*', "\\*"}, {'_', "\\_"}, {'\\', "\\\\"}, {'`', "\\`"}});
}

std::string latex(const std::string& text) {
  return escaped(text, {{'\\', "\\textbackslash{}"},
                        {'_', "\\_"},
                        {'%', "\\%"},
                        {'&', "\\&"},
                        {'#', "\\#"},
                        {'$', "\\$"},
                        {'{', "\\{"},
                        {'}', "\\}"},
                        {'~', "\\textasciitilde{}"},
                        {'^', "\\textasciicircum{}"},
                        {'|', "\\textbar{}"}});
}

std::string csv(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  return "\"" + escaped(text, {{'"', "\"\""}}) + "\"";
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : between) + part;
  return all;
}

/// One level of the heading; above the lowest level, adjacent columns with the same heads so far share a cell.
std::string latex_head(const ResultTable& table, std::size_t level) {
  const bool lowest = level + 1 == table.head_names.size();
  const auto same = [&](std::size_t a, std::size_t b) {
    return !lowest &&
           std::equal(table.heads[a].begin(), table.heads[a].begin() + static_cast<std::ptrdiff_t>(level) + 1,
                      table.heads[b].begin());
  };
  std::string line;
  std::string rules;
  for (std::size_t begin = 0, end = 0; begin < table.heads.size(); begin = end) {
    for (end = begin + 1; end < table.heads.size() && same(begin, end);) ++end;
    line += " & \\multicolumn{" + std::to_string(end - begin) + "}{c}{" + latex(table.heads[begin][level]) + "}";
    rules += "\\cmidrule(lr){" + std::to_string(begin + 2) + "-" + std::to_string(end + 1) + "}";
  }
  return line + " \\\\" + (lowest ? "" : " " + rules) + "\n";
}

}  // namespace

std::string to_markdown(const ResultTable& table) {
  const Style style{"**", "**", " ± ", "", "", [](const std::string& text) { return text; }};
  std::string text = "### " + markdown(table.title) + "\n\n" + markdown(legend(table)) + "\n\n| |";
  for (const auto& heads : table.heads) text += " " + markdown(joined(heads, ", ")) + " |";
  text += "\n| --- |";
  for (std::size_t c = 0; c < table.heads.size(); ++c) text += " --- |";
  for (const TableRow& row : table.rows) {
    text += "\n| " + markdown(row.name) + " |";
    for (const TableCell& cell : row.cells) text += " " + cell_text(cell, style) + " |";
  }
  return text + "\n";
}

std::string to_latex(const ResultTable& table) {
  const Style style{"\\textbf{",      "}", " $\\pm$ ",
                    "{\\scriptsize ", "}", [](const std::string& text) { return "$" + text + "$"; }};
  std::string text = "% \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" + latex(legend(table)) +
                     "}\n\\begin{tabular}{l" + std::string(table.heads.size(), 'c') + "}\n\\toprule\n";
  for (std::size_t level = 0; level < table.head_names.size(); ++level) text += latex_head(table, level);
  text += "\\midrule\n";
  bool above_baselines = false;
  for (const TableRow& row : table.rows) {
    if (row.baseline && above_baselines) text += "\\midrule\n";
    above_baselines = !row.baseline;
    text += latex(row.name);
    for (const TableCell& cell : row.cells) text += " & " + cell_text(cell, style);
    text += " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

std::string to_csv(const ResultTable& table) {
  std::string text = "row";
  for (const std::string& name : table.head_names) text += "," + csv(name);
  text += ",ours,std,n,paper,difference,best\n";
  for (const TableRow& row : table.rows) {
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      const TableCell& cell = row.cells[c];
      const bool missing = cell.ours.empty();
      text += csv(row.name);
      for (const std::string& head : table.heads[c]) text += "," + csv(head);
      text += "," + (missing ? std::string(kMissing) : fixed_text(cell.mean(), kDecimalsOfCsv));
      text +=
          "," + (cell.std() ? fixed_text(*cell.std(), kDecimalsOfCsv) : "") + "," + std::to_string(cell.ours.size());
      text += "," + (cell.paper ? whole_text(*cell.paper) : "");
      text += "," + (cell.paper && !missing ? signed_text(cell.mean() - *cell.paper, kDecimalsOfCsv) : "") + "," +
              (cell.best ? "1" : "0") + "\n";
    }
  }
  return text;
}

}  // namespace cebm

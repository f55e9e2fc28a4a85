#include <cebm/config.h>

#include <algorithm>
#include <sstream>

namespace cebm {

namespace {

// A heading and the keys directly below it.
struct Group {
  std::string key;  // "" for the top level
  std::string summary;
  std::vector<const FieldDoc*> fields;
};

std::string parent_of(const std::string& key) {
  const auto dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('.') + 1); }

// Sections and alternatives start groups, in order of appearance; all other keys are lines of a group.
std::vector<Group> group(const std::vector<FieldDoc>& docs) {
  std::vector<Group> groups{{"", "top-level keys", {}}};
  for (const FieldDoc& doc : docs) {
    if (doc.type == "section") {
      groups.push_back({doc.key, doc.help, {}});
    } else {
      const auto home = std::find_if(groups.begin(), groups.end(),
                                     [parent = parent_of(doc.key)](const Group& g) { return g.key == parent; });
      if (home != groups.end()) home->fields.push_back(&doc);
    }
  }
  return groups;
}

// Words of `text` on lines of at most 100 columns, each starting with `indent` spaces.
void write_wrapped(std::ostream& out, const std::string& text, std::size_t indent) {
  constexpr std::size_t width = 100;
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      out << std::string(indent, ' ') << line << '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) out << std::string(indent, ' ') << line << '\n';
}

// Text that is safe inside a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|') safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

std::string meaning(const FieldDoc& field) {
  return field.help + (field.harmless ? " (may change when a run is resumed)" : "");
}

}  // namespace

std::string reference_text(const std::vector<FieldDoc>& docs) {
  std::ostringstream out;
  for (const Group& section : group(docs)) {
    if (section.key.empty() && section.fields.empty()) continue;
    if (out.tellp() > 0) out << '\n';
    write_wrapped(out, (section.key.empty() ? "" : section.key + ": ") + section.summary, 0);
    if (section.fields.empty()) write_wrapped(out, "(no keys of its own)", 2);
    for (const FieldDoc* field : section.fields) {
      write_wrapped(out, last_part(field->key) + " = " + field->value + "  (" + field->type + ")", 2);
      write_wrapped(out, meaning(*field), 6);
    }
  }
  return out.str();
}

std::string reference_markdown(const std::vector<FieldDoc>& docs, const std::string& title) {
  std::ostringstream out;
  out << "# " << title << "\n\nThis page is generated from the descriptions in the source; do not edit it.\n";
  for (const Group& section : group(docs)) {
    if (section.key.empty() && section.fields.empty()) continue;
    out << "\n## " << (section.key.empty() ? "Top level" : "`" + section.key + "`") << "\n\n";
    out << cell(section.summary) << "\n\n";
    if (section.fields.empty()) {
      out << "No keys of its own.\n";
      continue;
    }
    out << "| key | type | default | meaning |\n|---|---|---|---|\n";
    for (const FieldDoc* field : section.fields) {
      out << "| `" << last_part(field->key) << "` | " << cell(field->type) << " | `" << cell(field->value) << "` | "
          << cell(meaning(*field)) << " |\n";
    }
  }
  return out.str();
}

}  // namespace cebm

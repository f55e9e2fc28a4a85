#include <cebm/config.h>
#include <cebm/errors.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/config_tree.h"
#include "base/text_check.h"

namespace cebm {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Builds the tree directly from the parser's events, which checks the limits before memory is allocated and gives every
// value its line.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& text, const SourceLocation& where, std::size_t depth)
      : text_(text), where_(where), depth_(depth) {
    root_.where = where;
  }

  ConfigNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "expected one YAML document, found a second one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    ConfigNode node = make(mark, ConfigNode::Kind::map);
    if (text_.compare(static_cast<std::size_t>(std::max(0, mark.pos)), 1, kTilde) == 0) node.scalar = kTilde;
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(mark, "expected a value, found a YAML alias (*); write the value out, or use extends");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    refuse_tag(mark, tag);
    ConfigNode node = make(mark, ConfigNode::Kind::scalar);
    node.scalar = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, ConfigNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, ConfigNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigNode node;
    bool has_key = false;  // a map's key was read, its value was not
    std::string key;
    SourceLocation key_where;
  };

  SourceLocation at(const YAML::Mark& mark) const {
    return where_.line == 0 ? where_ : SourceLocation{where_.file, mark.line + 1, where_.layer};
  }
  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& problem) const {
    throw ConfigError(at(mark).describe() + ": " + problem);
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") fail(mark, "expected a value, found the YAML tag " + clip(tag));
  }

  ConfigNode make(const YAML::Mark& mark, ConfigNode::Kind kind) {
    if (++values_ > kMaxConfigValues) {
      fail(mark, "expected at most " + std::to_string(kMaxConfigValues) + " values, found more");
    }
    ConfigNode node;
    node.kind = kind;
    node.where = at(mark);
    return node;
  }

  void open(const YAML::Mark& mark, ConfigNode::Kind kind) {
    if (depth_ + stack_.size() >= kMaxConfigDepth) {
      fail(mark, "expected at most " + std::to_string(kMaxConfigDepth) + " nested levels, found more");
    }
    stack_.push_back({make(mark, kind), false, {}, {}});
  }

  void close() {
    ConfigNode node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(ConfigNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
    } else if (Open& parent = stack_.back(); parent.node.kind == ConfigNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      node.where = parent.key_where;
      parent.node.children.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
    } else {
      set_key(parent, node);
    }
  }

  static void set_key(Open& parent, ConfigNode& node) {
    const std::string place = node.where.describe() + ": ";
    if (node.kind != ConfigNode::Kind::scalar || node.scalar.empty()) {
      throw ConfigError(place + "expected a key, found a list, a map or nothing");
    }
    if (const ConfigNode* first = parent.node.find(node.scalar)) {
      throw ConfigError(place + clip(node.scalar) + ": expected each key once, found it again (first at " +
                        first->where.describe() + ")");
    }
    parent.has_key = true;
    parent.key = std::move(node.scalar);
    parent.key_where = node.where;
  }

  const std::string& text_;
  SourceLocation where_;
  std::size_t depth_;
  std::size_t values_ = 0;
  int documents_ = 0;
  ConfigNode root_;
  std::vector<Open> stack_;
};

void require_text(const std::string& text, const SourceLocation& where) {
  if (text.size() > kMaxConfigBytes) {
    throw ConfigError(where.file + ": expected a configuration of at most " + std::to_string(kMaxConfigBytes) +
                      " bytes, found a larger one");
  }
  const std::size_t bad = find_non_text(text);
  if (bad == std::string::npos) return;
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
  const SourceLocation place{where.file, where.line == 0 ? 0 : static_cast<int>(line)};
  std::ostringstream message;
  message << place.describe() << ": expected UTF-8 text, found the byte 0x" << std::hex
          << int{static_cast<unsigned char>(text[bad])};
  throw ConfigError(message.str());
}

}  // namespace

std::string SourceLocation::describe() const { return line > 0 ? file + ":" + std::to_string(line) : file; }

const ConfigNode* ConfigNode::find(const std::string& key) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&key](const auto& child) { return child.first == key; });
  return found == children.end() ? nullptr : &found->second;
}

ConfigNode parse_yaml(const std::string& text, const SourceLocation& where, std::size_t depth) {
  require_text(text, where);
  // yaml-cpp detects a missing end quote only if no line end follows it; its positions exclude a byte order mark.
  const std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::size_t end = std::max(begin, text.find_last_not_of(" \t\r\n") + 1);
  const std::string trimmed = text.substr(begin, end - begin);
  TreeBuilder builder(trimmed, where, depth);
  try {
    std::istringstream stream(trimmed);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const SourceLocation place{where.file, where.line == 0 || error.mark.is_null() ? 0 : error.mark.line + 1};
    throw ConfigError(place.describe() + ": expected YAML, found a syntax error: " + error.msg);
  }
  return builder.take();
}

void require_map(const ConfigNode& root) {
  if (root.kind == ConfigNode::Kind::map) return;
  throw ConfigError(root.where.describe() + ": expected a map of keys, found " +
                    (root.kind == ConfigNode::Kind::list ? "a list" : "'" + clip(root.scalar) + "'"));
}

ConfigNode parse_config(const std::string& yaml, const std::string& name) {
  ConfigNode root = parse_yaml(yaml, {name, 1});
  require_map(root);
  if (const ConfigNode* extends = root.find("extends")) {
    throw ConfigError(extends->where.describe() + ": extends: expected a configuration of its own, found an extension");
  }
  return root;
}

}  // namespace cebm

#include <cebm/machine.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

namespace cebm {

namespace fs = std::filesystem;

namespace {

/// A mounted hierarchy of control groups (cgroups) that can limit processor time, as this process sees it.
struct Hierarchy {
  fs::path mount;  ///< where it is mounted
  fs::path top;    ///< the group that is mounted there
  bool second_version = false;
};

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

bool has_cpu(const std::string& controllers) {
  const std::vector<std::string> names = split(controllers, ',');
  return std::find(names.begin(), names.end(), "cpu") != names.end();
}

/// The mounts of proc/self/mountinfo: "36 35 98:0 TOP MOUNT options ... - TYPE source options".
std::vector<Hierarchy> hierarchies(const fs::path& root) {
  std::vector<Hierarchy> found;
  for (const std::string& line : lines_of(root / "proc/self/mountinfo")) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) continue;
    const std::string& type = dash[1];
    if (type == "cgroup2" || (type == "cgroup" && has_cpu(dash[3]))) {
      found.push_back({root / fs::path(words[4]).relative_path(), words[3], type == "cgroup2"});
    }
  }
  return found;
}

/// This process's group in a hierarchy, from proc/self/cgroup: "4:cpu,cpuacct:/group", in version 2 "0::/group".
fs::path group_in(const Hierarchy& hierarchy, const fs::path& root) {
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (hierarchy.second_version ? controllers.empty() : has_cpu(controllers)) return line.substr(second + 1);
  }
  return hierarchy.top;
}

std::optional<double> number_in(const std::string& word) {
  double value = 0.0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string first_line(const fs::path& file) {
  const std::vector<std::string> lines = lines_of(file);
  return lines.empty() ? "" : lines.front();
}

/// The group's limit in processors: quota / period, both in microseconds. Nothing if the quota is "max" or -1.
std::optional<double> quota_of(const fs::path& group, bool second_version) {
  std::vector<std::string> words;
  if (second_version) {
    words = split(first_line(group / "cpu.max"), ' ');
  } else {
    words = {first_line(group / "cpu.cfs_quota_us"), first_line(group / "cpu.cfs_period_us")};
  }
  const auto quota = words.empty() ? std::nullopt : number_in(words[0]);
  const auto period = words.size() < 2 ? std::nullopt : number_in(words[1]);
  if (!quota || !period || !(*quota > 0.0) || !(*period > 0.0)) return std::nullopt;
  return *quota / *period;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  for (const Hierarchy& hierarchy : hierarchies(root)) {
    // In a container the container's own group may be mounted while this path starts at the host's top group.
    fs::path below = group_in(hierarchy, root).lexically_relative(hierarchy.top);
    if (below.empty() || *below.begin() == "..") below = ".";
    for (fs::path group = (hierarchy.mount / below).lexically_normal();; group = group.parent_path()) {
      const auto quota = quota_of(group, hierarchy.second_version);
      if (quota) least = std::min(*quota, least.value_or(*quota));
      const fs::path rest = group.lexically_relative(hierarchy.mount);
      if (rest.empty() || rest == "." || *rest.begin() == "..") break;
    }
  }
  return least;
}

}  // namespace cebm

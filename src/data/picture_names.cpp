#include "data/picture_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace cebm {

namespace {

constexpr auto kRead =
    std::to_array<std::string_view>({".jpg", ".jpeg", ".jpe", ".jif", ".jfif", ".jfi", ".png", ".bmp", ".tga", ".gif"});

constexpr auto kUnread = std::to_array<std::string_view>(
    {".apng", ".arw",  ".avif", ".cr2", ".cr3", ".dcm", ".dds", ".dib", ".dng", ".emf",  ".eps",  ".exr", ".hdr",
     ".heic", ".heif", ".ico",  ".j2k", ".jp2", ".jpx", ".jxl", ".nef", ".orf", ".pbm",  ".pcx",  ".pgm", ".pnm",
     ".ppm",  ".psd",  ".qoi",  ".raf", ".raw", ".rw2", ".sgi", ".svg", ".tif", ".tiff", ".webp", ".xcf"});

constexpr auto kClutter = std::to_array<std::string_view>(
    {"$recycle.bin", "@eadir", "__macosx", "desktop.ini", "ehthumbs.db", "lost+found", "thumbs.db"});

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool holds(std::span<const std::string_view> names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string picture_suffixes() {
  std::string text;
  for (const std::string_view suffix : kRead) text.append(text.empty() ? "" : ", ").append(suffix);
  return text;
}

std::string suffix_of(const std::filesystem::path& file) { return lower_case(file.extension().string()); }

bool is_picture_name(const std::filesystem::path& file) { return holds(kRead, suffix_of(file)); }

bool is_unread_picture_name(const std::filesystem::path& file) { return holds(kUnread, suffix_of(file)); }

bool is_clutter_name(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') || holds(kClutter, lower_case(name));
}

}  // namespace cebm

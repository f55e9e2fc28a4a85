// Kinds of files by their names.
#pragma once

#include <filesystem>
#include <string>

namespace cebm {

/// ".jpg, .jpeg, ...": the suffixes of pictures that are read.
std::string picture_suffixes();

/// The suffix in lower-case letters with its dot, empty where there is none.
std::string suffix_of(const std::filesystem::path& file);

/// Whether the suffix, in any case, is one of a picture that is read (JPEG, PNG, BMP, TGA, GIF).
bool is_picture_name(const std::filesystem::path& file);

/// Whether it is the suffix of a picture in a format that is not read (WebP, TIFF, HEIC, ...).
bool is_unread_picture_name(const std::filesystem::path& file);

/// Whether it is the name of a file or folder that systems and programs create by themselves: hidden ones, Thumbs.db,
/// __MACOSX, ...
bool is_clutter_name(const std::filesystem::path& file);

}  // namespace cebm

// What the name of a file says about its content.
#pragma once

#include <filesystem>
#include <string>

namespace cebm {

/// ".jpg, .jpeg, ...": the suffixes of pictures that are read.
std::string picture_suffixes();

/// The suffix in lower-case letters with its dot, empty where there is none.
std::string suffix_of(const std::filesystem::path& file);

/// Whether the suffix, in capitals or not, is one of a picture that is read (JPEG, PNG, BMP, TGA, GIF).
bool is_picture_name(const std::filesystem::path& file);

/// Whether it is the suffix of a picture in a format that is not read (WebP, TIFF, HEIC, ...).
bool is_unread_picture_name(const std::filesystem::path& file);

/// Whether systems and programs leave files or folders of this name among others': hidden ones, Thumbs.db, __MACOSX,
/// ...
bool is_clutter_name(const std::filesystem::path& file);

}  // namespace cebm

// Archives made by the tests, friendly and hostile.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cebm {

struct ArchiveEntry {
  std::string path;
  std::string content = {};
  unsigned type = AE_IFREG;
  std::string symlink = {};
  std::string hardlink = {};
  std::int64_t hole = 0;  ///< the file is this large, and nothing but a hole after `content`
};

enum class ArchiveKind { tar_gz, zip };

inline void write_archive(const std::filesystem::path& file, const std::vector<ArchiveEntry>& entries,
                          ArchiveKind kind = ArchiveKind::tar_gz) {
  archive* const out = archive_write_new();
  if (kind == ArchiveKind::zip) {
    archive_write_set_format_zip(out);
  } else {
    archive_write_set_format_pax(out);
    archive_write_add_filter_gzip(out);
  }
  ASSERT_EQ(archive_write_open_filename(out, file.c_str()), ARCHIVE_OK) << archive_error_string(out);
  for (const ArchiveEntry& given : entries) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, given.path.c_str());
    archive_entry_set_filetype(entry, given.type);
    archive_entry_set_perm(entry, given.type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_size(entry, given.hole > 0 ? given.hole : static_cast<std::int64_t>(given.content.size()));
    if (given.hole > 0) archive_entry_sparse_add_entry(entry, 0, static_cast<std::int64_t>(given.content.size()));
    if (!given.symlink.empty()) archive_entry_set_symlink(entry, given.symlink.c_str());
    if (!given.hardlink.empty()) archive_entry_set_hardlink(entry, given.hardlink.c_str());
    ASSERT_GE(archive_write_header(out, entry), ARCHIVE_WARN) << archive_error_string(out);
    if (!given.content.empty()) archive_write_data(out, given.content.data(), given.content.size());
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(out), ARCHIVE_OK) << archive_error_string(out);
  archive_write_free(out);
}

}  // namespace cebm

// A set of the test's own, a server to fetch it from, and a folder to fetch it into.
#pragma once

#include <cebm/errors.h>
#include <cebm/fetch.h>
#include <cebm/files.h>
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "support/folder_test.h"
#include "support/http_server.h"

namespace cebm {

class FetchTest : public FolderTest {
 protected:
  /// `size` bytes without a pattern that a mix-up of positions would leave intact.
  static std::string bytes(std::size_t size, unsigned seed = 1) {
    std::string made(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      seed = seed * 1664525U + 1013904223U;
      made[i] = static_cast<char>(seed >> 24);
    }
    return made;
  }

  static DataFile file_of(const std::string& name, const std::string& content) {
    return {.name = name, .size = content.size(), .sha256 = sha256(content), .md5 = {}};
  }

  /// A set "toy" of one file that the server has under /toy/.
  DataSource source_of(std::vector<DataFile> files) const {
    return {.name = "toy",
            .homepage = "http://example.org",
            .licence = "none",
            .citation = "none",
            .places = {server_.url("/toy/")},
            .files = std::move(files)};
  }

  FetchOptions options() const {
    return {.root = folder_ / "root",
            .connect_timeout = std::chrono::milliseconds(2000),
            .stall_timeout = std::chrono::seconds(1),
            .retries = 2,
            .backoff = std::chrono::milliseconds(1)};
  }

  FetchCallbacks callbacks() {
    return {.on_message = [this](const std::string& text) { messages_ += text + "\n"; },
            .on_progress = {},
            .should_stop = {}};
  }

  FetchOutcome run(const DataSource& source) { return fetch(source, options(), callbacks()); }
  std::string refusal(const DataSource& source) {
    return message_of<DataError>([&] { run(source); });
  }

  std::filesystem::path target(const std::string& name = "a.bin") const { return folder_ / "root/toy" / name; }
  std::vector<std::string> names() const { return names_in(folder_ / "root/toy"); }

  /// The Range headers of all requests so far.
  std::vector<std::string> ranges() const {
    std::vector<std::string> all;
    for (const Request& request : server_.requests()) all.push_back(request.range);
    return all;
  }

  HttpServer server_;
  std::string messages_;
};

/// A set of the one file a.bin, which the server does not have yet.
class OneFileTest : public FetchTest {
 protected:
  const std::string content_ = bytes(300'000);
  const DataSource toy_ = source_of({file_of("a.bin", content_)});
};

}  // namespace cebm

// A small HTTP server on 127.0.0.1 that misbehaves as it is told.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cebm {

/// How one request is answered.
struct Answer {
  int status = 200;
  std::string body = {};
  std::string headers = {};                         ///< whole lines, each ended by \r\n
  bool ranges = true;                               ///< false: a Range header is ignored
  std::optional<std::size_t> break_off_after = {};  ///< bytes of body, then the connection is closed
  std::optional<std::size_t> stall_after = {};      ///< bytes of body, then nothing more comes
  std::optional<std::string> content_length = {};   ///< told instead of the truth; "" for no such header
  std::optional<std::string> content_range = {};    ///< told instead of the truth
};

struct Request {
  std::string path;
  std::string range;  ///< value of the Range header, or ""
  std::string agent;  ///< value of the User-Agent header
};

class HttpServer {
 public:
  HttpServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    setenv("no_proxy", "127.0.0.1", 1);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& worker : workers_) worker.join();
    ::close(socket_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Answers to the requests for `path`, in order; the last one stands for all that follow.
  void serve(const std::string& path, std::vector<Answer> answers) {
    const std::lock_guard lock(mutex_);
    answers_[path] = std::move(answers);
  }
  void serve(const std::string& path, const std::string& body) { serve(path, {Answer{.body = body}}); }

  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    while (!stopping_) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 20) != 1) continue;
      const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) workers_.emplace_back([this, connection] { handle(connection); });
    }
  }

  void handle(int connection) {
    std::string head;
    char block[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(connection, block, sizeof block, 0);
      if (got <= 0) break;
      head.append(block, static_cast<std::size_t>(got));
    }
    const std::size_t from = head.find(' ') + 1;
    const Request request{head.substr(from, head.find(' ', from) - from), header_of(head, "Range"),
                          header_of(head, "User-Agent")};
    reply(connection, request, next_answer(request));
    ::close(connection);
  }

  static std::string header_of(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }

  Answer next_answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    std::size_t earlier = 0;
    for (const Request& other : requests_) earlier += other.path == request.path ? 1 : 0;
    requests_.push_back(request);
    const auto found = answers_.find(request.path);
    if (found == answers_.end()) return {.status = 404, .body = "not here"};
    return found->second[std::min(earlier, found->second.size() - 1)];
  }

  void reply(int connection, const Request& request, const Answer& answer) {
    std::size_t start = 0;
    int status = answer.status;
    if (status == 200 && answer.ranges && request.range.starts_with("bytes=")) {
      std::from_chars(request.range.data() + 6, request.range.data() + request.range.size(), start);
      status = start < answer.body.size() ? 206 : 416;
    }
    const std::string body = status == 416 ? "" : answer.body.substr(start);
    std::string head = "HTTP/1.1 " + std::to_string(status) + " as scripted\r\nConnection: close\r\n" + answer.headers;
    const std::string length = answer.content_length.value_or(std::to_string(body.size()));
    if (!length.empty()) head += "Content-Length: " + length + "\r\n";
    if (status == 206) {
      const std::string range = "bytes " + std::to_string(start) + "-" + std::to_string(answer.body.size() - 1) + "/" +
                                std::to_string(answer.body.size());
      head += "Content-Range: " + answer.content_range.value_or(range) + "\r\n";
    }
    send_all(connection, head + "\r\n");
    const std::size_t most =
        std::min({body.size(), answer.break_off_after.value_or(body.size()), answer.stall_after.value_or(body.size())});
    send_all(connection, body.substr(0, most));
    while (answer.stall_after && !stopping_ && is_open(connection)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  static void send_all(int connection, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }

  static bool is_open(int connection) {
    char byte = 0;
    return ::recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  }

  int socket_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread acceptor_;
  std::vector<std::thread> workers_;  // touched by the acceptor only, until it has ended
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Answer>> answers_;
  std::vector<Request> requests_;
};

}  // namespace cebm

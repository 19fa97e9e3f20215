/// Requests to a broker, one after the other over one connection, with a blocking socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "ctl/address.hpp"

namespace management::ctl {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";        ///< with the query, encoded
  std::string authorization = {};  ///< "Bearer …"; empty: none
  std::string media_type = {};     ///< of the body
  std::string body = {};
  bool only_new = false;  ///< If-None-Match: *
  /// Told what comes of a body with status 200 as it comes; the answer has none then. None: it has all.
  std::function<void(std::string_view)> on_piece = {};
};

struct HttpAnswer {
  std::uint32_t status = 0;
  std::string body;
};

/// Connects when it has to. Errors are sentences for who called the command.
class Connection {
 public:
  explicit Connection(Address address) : address_(std::move(address)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  const Address& address() const noexcept { return address_; }
  /// Within that time, connecting included. Once more over a fresh connection where a kept one turns out to be over.
  /// Once the descriptor `interrupt` can be read nothing more is waited for than an answer that is under way.
  trellis::Result<HttpAnswer> ask(const HttpRequest& request, std::chrono::milliseconds time, int interrupt = -1);

 private:
  using Clock = std::chrono::steady_clock;
  trellis::Result<void> connect(Clock::time_point deadline);
  /// One request over the connection that is there.
  struct Exchange {
    Clock::time_point deadline;
    int interrupt = -1;
    const std::function<void(std::string_view)>* on_piece = nullptr;
    bool answering = false;    // some of the answer is here
    bool interrupted = false;  // the broker was told that nothing more is asked for
  };
  trellis::Result<HttpAnswer> exchange(const std::string& bytes, Exchange& state);
  void wait(Exchange& state) const;
  void give_time(Clock::time_point deadline) const;
  trellis::Error failure(int code) const;
  void close() noexcept;

  const Address address_;
  int socket_ = -1;
};

}  // namespace management::ctl

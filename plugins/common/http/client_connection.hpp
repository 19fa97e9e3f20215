/// One connection of a client: dialled for a request, kept for the next ones.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <trellis/dial.hpp>

#include "response_parser.hpp"

namespace trellis::http {

class ClientPool;
struct ClientCall;
struct ClientHost;

/// Owned by the kernel, as every Outgoing; the pool and the call it carries point to it until on_closed() or let_go().
class ClientConnection final : public Outgoing {
 public:
  ClientConnection(ClientPool& pool, ClientHost& host);

  /// Carries the call: at once, or when it is open.
  void carry(ClientCall& call);
  /// Waits for the next call, at most that long.
  void rest(std::chrono::milliseconds most, std::uint64_t number);
  /// Ends it without a further word to the pool. May destroy it.
  void let_go();

  ClientCall* call() const noexcept { return call_; }
  ClientHost& host() const noexcept { return host_; }
  /// Whether it carried a call before this one.
  bool kept() const noexcept { return carried_ > 1; }
  /// Whether a byte of the response arrived.
  bool answering() const noexcept { return parser_ && parser_->begun(); }
  bool dialling() const noexcept { return !opened_; }
  /// Its number among those that rest; 0: it carries a call.
  std::uint64_t rest_number() const noexcept { return rest_number_; }

  void on_open() noexcept override;
  std::size_t on_bytes(std::string_view bytes) noexcept override;
  void on_timer() noexcept override;
  void on_closed(std::uint32_t reason, std::string_view why) noexcept override;

 private:
  void begin();

  ClientPool* pool_;
  ClientHost& host_;  // only while pool_ is there
  const bool secure_;
  ClientCall* call_ = nullptr;
  std::uint32_t carried_ = 0;
  std::optional<ResponseParser> parser_;
  std::uint64_t rest_number_ = 0;
  bool opened_ = false;
};

}  // namespace trellis::http

/// One connection of a client: dialled for a request, kept for the next ones.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <trellis/dial.hpp>
#include <vector>

#include "client_carrier.hpp"

namespace trellis::http {

class ClientPool;
struct ClientCall;
struct ClientHost;

/// Which version of HTTP is spoken; nobody knows before the first connection is open.
enum class Version { unknown, http1, http2 };

/// Owned by the kernel, as every Outgoing; the pool and the calls it carries point to it until on_closed() or let_go().
/// What is spoken is decided when it is open: HTTP/2 where the peer chose that by ALPN, HTTP/1.1 anywhere else.
class ClientConnection final : public Outgoing {
 public:
  /// serial: which of the pool's dials.
  ClientConnection(ClientPool& pool, ClientHost& host, std::uint64_t serial);
  ~ClientConnection() override;

  /// Carries the call: at once, or when it is open.
  void carry(ClientCall& call);
  /// The call is not waited for any more. Only where it is open.
  void give_up(ClientCall& call) { carrier_->give_up(call); }
  /// Waits for the next call, at most that long.
  void rest(std::chrono::milliseconds most, std::uint64_t number);
  /// Ends it without a further word to the pool. May destroy it.
  void let_go();

  /// Null: it was let go.
  ClientPool* pool() const noexcept { return pool_; }
  ClientHost& host() const noexcept { return host_; }
  std::uint64_t serial() const noexcept { return serial_; }
  Version version() const noexcept { return version_; }
  bool dialling() const noexcept { return carrier_ == nullptr; }
  bool started() const noexcept { return !dialling() && carrier_->started(); }
  std::size_t room() const noexcept { return dialling() ? 0 : carrier_->room(); }
  bool idle() const noexcept { return dialling() ? first_ == nullptr : carrier_->count() == 0; }
  std::vector<ClientCall*> calls() const;
  bool answering(const ClientCall& call) const noexcept { return !dialling() && carrier_->answering(call); }
  ClientResponse take_so_far(const ClientCall& call);
  std::chrono::milliseconds rest_time() const noexcept { return carrier_->rest_time(); }
  /// How far the call is, for people.
  std::string_view phase(const ClientCall& call) const noexcept;
  /// Whether it answered a call.
  bool kept() const noexcept { return answers_ > 0; }
  void count_answer() noexcept { ++answers_; }
  /// Its number among those that rest; 0: it carries a call.
  std::uint64_t rest_number() const noexcept { return rest_number_; }

  void on_open() noexcept override;
  std::size_t on_bytes(std::string_view bytes) noexcept override;
  void on_timer() noexcept override;
  void on_closed(std::uint32_t reason, std::string_view why) noexcept override;

  bool starting = true;  ///< the pool has it among those being dialled, until it is known how many calls it takes
  bool ready = false;    ///< the pool has it among those with room
  bool retired = false;  ///< it ends with the calls it carries

 private:
  ClientPool* pool_;
  ClientHost& host_;  // only while pool_ is there
  const std::uint64_t serial_;
  const bool secure_;
  Version version_ = Version::unknown;
  ClientCall* first_ = nullptr;             // what it is dialled for, until it is open
  std::unique_ptr<ClientCarrier> carrier_;  // null: it is being dialled
  std::uint64_t answers_ = 0;
  std::uint64_t rest_number_ = 0;
};

}  // namespace trellis::http

/// What carries calls over an open connection, whatever version of HTTP is spoken there.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace trellis::http {

struct ClientCall;
struct ClientResponse;

/// Owned by its ClientConnection. What becomes of calls it tells the pool, which may let the connection go within that:
/// ClientConnection::pool() is null then, and nothing more is to be told.
class ClientCarrier {
 public:
  ClientCarrier() = default;
  ClientCarrier(const ClientCarrier&) = delete;
  ClientCarrier& operator=(const ClientCarrier&) = delete;
  virtual ~ClientCarrier() = default;

  /// Whether it is known how many calls it takes.
  virtual bool started() const noexcept { return true; }
  /// How many more calls it takes now.
  virtual std::size_t room() const noexcept = 0;
  /// Sends the call. Only where there is room.
  virtual void carry(ClientCall& call) = 0;
  /// Nobody waits for the call any more.
  virtual void give_up(ClientCall& call) = 0;
  /// Those that are under way.
  virtual std::size_t count() const noexcept = 0;
  virtual std::vector<ClientCall*> calls() const = 0;
  /// Whether something of the call's response arrived.
  virtual bool answering(const ClientCall& call) const noexcept = 0;
  /// What there is of the call's response, to be taken away once: without a status as long as its head is not whole.
  virtual ClientResponse take_so_far(const ClientCall& call) = 0;
  /// Whether some of the call has not left yet.
  virtual bool sending(const ClientCall& call) const noexcept = 0;
  /// How long the connection may be kept when no call is under way; 0: it is of no more use.
  virtual std::chrono::milliseconds rest_time() const noexcept = 0;

  virtual void take(std::string_view bytes) noexcept = 0;
  virtual void on_timer() noexcept {}
  /// The connection is about to be closed from here.
  virtual void on_let_go() noexcept {}
  /// The connection is over. goodbye: its peer said that nothing more comes.
  virtual void on_closed(bool goodbye) noexcept = 0;
};

}  // namespace trellis::http

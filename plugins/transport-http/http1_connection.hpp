/// One HTTP/1.1 connection: requests in, answers out in the same order.
#pragma once

#include <trellis/abi/connection.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/request_parser.hpp"
#include "connection.hpp"
#include "held_bytes.hpp"
#include "http_shard.hpp"
#include "service_call.hpp"
#include "taken_output.hpp"

namespace transport_http {

/// Requests are handed to services as they arrive. Services may answer in any order; an answer that overtakes waits as
/// text in its exchange until those before it left. When as many exchanges wait as the settings allow, reading stops.
/// So it does while much of what was answered is still unsent: a request of a few bytes may be answered with many, and
/// one read holds thousands of requests.
///
/// The connection ends after the last answer once a request asked for that, could not be understood, or the broker
/// drains. Requests that were complete by then are still answered.
///
/// An answer that comes piece by piece holds up what follows it on the connection for as long; nothing is read into
/// requests meanwhile, but that the client went is noticed.
///
/// A request to go on in another protocol ends it too, where the listener serves one that takes it.
class Http1Connection final : public Connection {
 public:
  Http1Connection(HttpShard& shard, trellis_connection* connection);
  ~Http1Connection() override;

  void take(std::string_view data) noexcept override;
  void on_timer() noexcept override;
  void on_drain() noexcept override;
  void on_response(void* request_user, const trellis_response& response) noexcept override;

  KeptExchange& keep(void* request_user, const trellis_exchange_user& table, void* user) override;
  void release(KeptExchange& exchange) noexcept override;
  void write_piece(KeptExchange& exchange, std::string_view piece) override;
  std::size_t unsent(const KeptExchange& exchange) const noexcept override;
  void end_pieces(KeptExchange& exchange) override;

 private:
  /// A request that was handed over, and what its answer has to look like.
  struct Exchange {
    std::uint32_t minor = 1;
    bool head_only = false;
    bool gzip = false;
    bool keep_alive = true;
    bool answered = false;
    bool streams = false;  // begun, and not ended
    std::string text;      // the answer, while earlier ones are missing
    std::unique_ptr<KeptExchange> kept;
  };

  /// What the connection waits for; each has its time limit.
  enum class Phase { fresh, idle, head, body, service, output };

  bool full() const noexcept {
    return upgrade_waits_ || streams_ > 0 || exchanges_.size() >= shard_.settings().pipelined_requests || congested();
  }
  bool congested() const noexcept;
  bool reading() const noexcept { return !last_request_seen_ && !closed_; }

  std::string_view read(std::string_view data);
  void read_on();
  void on_head(bool body_follows_already);
  void on_request();
  void upgrade();
  void refuse(const trellis::http::ParseError& error);
  void answer(Exchange& exchange, const Answer& answer);
  void begin_stream(Exchange& exchange, const Answer& answer);
  void over(Exchange& exchange) noexcept;
  void tell_drain();
  void send_answers();
  void write(std::string_view text);
  void close();
  Phase phase() const noexcept;
  void arm_timer();

  HttpShard& shard_;
  trellis_connection* connection_;
  trellis::http::RequestParser parser_;
  HeldBytes held_;
  TakenOutput output_;
  std::list<Exchange> exchanges_;  // in the order of their requests
  std::string backlog_;            // read while full; bounded by one read, beside a stream by some more
  std::size_t streams_ = 0;        // of the exchanges
  std::uint64_t requests_ = 0;     // seen so far
  std::uint64_t timed_requests_ = 0;
  Phase timed_phase_ = Phase::fresh;
  bool in_take_ = false;        // services may answer before dispatch() returns
  bool continue_owed_ = false;  // the client waits for 100, and earlier answers have to leave first
  bool paused_ = false;
  bool upgrade_waits_ = false;  // a request for another protocol, until those before it are answered
  bool draining_ = false;
  bool last_request_seen_ = false;  // nothing is read any more
  bool closed_ = false;
};

}  // namespace transport_http

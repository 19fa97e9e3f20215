/// One HTTP/2 connection: requests on streams, answers in any order.
#pragma once

#include <trellis/abi/connection.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "body_windows.hpp"
#include "common/http2/guard.hpp"
#include "connection.hpp"
#include "http2_session.hpp"
#include "http2_stream.hpp"
#include "http_shard.hpp"
#include "service_call.hpp"
#include "taken_output.hpp"

namespace transport_http {

/// What a client can make us keep is bounded: services work on at most `streams` of its requests, counting those it
/// gave up meanwhile; bodies have the windows they were granted; requests wait while answers that were made are not
/// taken; and while the socket does not take our output, nothing is read.
///
/// Callbacks of the session only note what happened. Requests are dispatched and output is written by work(), after the
/// session has returned.
class Http2Connection final : public Connection, private trellis::http2::Events {
 public:
  Http2Connection(HttpShard& shard, trellis_connection* connection);
  ~Http2Connection() override;

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
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  bool on_frame_begin(const nghttp2_frame_hd& frame) override;
  bool on_frame(const nghttp2_frame& frame) override;
  void on_head_begin(std::int32_t id, bool request) override;
  bool on_field(std::int32_t id, std::string_view name, std::string_view value, bool well_formed) override;
  void on_data(std::int32_t id, std::string_view data) override;
  std::optional<std::size_t> read_body(std::int32_t id, std::span<std::uint8_t> room, bool& last) override;
  void on_sent(const nghttp2_frame& frame) override;
  void on_stream_end(std::int32_t id, std::uint32_t error) override;

  Http2Stream* find(std::int32_t id);
  bool calm(bool allowed);
  void on_head(Http2Stream& stream, bool body_follows);
  void on_request_end(std::int32_t id);
  void wait_for_body(Http2Stream& stream);
  void refuse(Http2Stream& stream, const trellis::http::ParseError& error);
  void release_body(Http2Stream& stream);
  void on_answered(Http2Stream& stream);

  void work();
  void pump();
  void grant_windows();
  bool dispatch_ready();
  bool may_dispatch() const noexcept;
  void dispatch(Http2Stream& stream);
  void answer(Http2Stream& stream, const Answer& answer);
  void begin_stream(Http2Stream& stream, const Answer& answer);
  void give_up(Http2Stream& stream) noexcept;
  void tell_over() noexcept;
  void tell_drain();
  bool congested() const noexcept;
  void end(std::uint32_t error);
  void close();

  void refuse_new_streams();
  void check_deadlines();
  void check_deadline(Http2Stream& stream);
  void expect(std::uint64_t deadline);
  std::uint64_t next_deadline() const noexcept;
  std::uint64_t after(std::chrono::milliseconds time) const noexcept;
  std::size_t live() const noexcept { return streams_.size() - given_up_; }

  HttpShard& shard_;
  trellis_connection* connection_;
  Http2Session session_;
  trellis::http2::Guard guard_;
  BodyWindows windows_;
  TakenOutput output_;
  std::unordered_map<std::int32_t, Http2Stream> streams_;
  std::deque<std::int32_t> ready_;                   // complete requests, in order
  std::vector<std::unique_ptr<KeptExchange>> over_;  // whose users are to be told so
  std::size_t asked_ = 0;                            // streams a service works for, given up or not
  std::size_t given_up_ = 0;                         // of these, those the client has given up
  std::size_t answer_bytes_ = 0;                     // of bodies of answers not yet made frames of
  std::uint64_t armed_ = kNever;                     // when the timer fires; nothing is due before
  std::uint64_t opened_until_;                       // for the client's settings
  std::uint64_t head_until_ = kNever;
  std::int32_t head_stream_ = 0;  // whose fields head_until_ is for
  std::uint64_t idle_until_;
  std::uint64_t drain_until_ = kNever;
  bool settings_seen_ = false;
  bool draining_ = false;
  bool flooded_ = false;
  bool ending_ = false;  // only GOAWAY is still sent
  bool paused_ = false;
  bool in_work_ = false;  // services may answer before dispatch() returns
  bool closed_ = false;
};

}  // namespace transport_http

/// HTTP/2 on a client's connection: a stream for each call.
#pragma once

#include <chrono>
#include <deque>
#include <unordered_map>

#include "client_carrier.hpp"
#include "client_session.hpp"
#include "common/http2/guard.hpp"
#include "stream_answer.hpp"

namespace trellis::http {

class ClientConnection;

/// What the server can make us keep is bounded: each stream has one answer within the limits of its call, and frames
/// that carry none of one are counted.
///
/// Callbacks of the session only note what happened. The pool is told by report(), after the session has returned.
class Http2Carrier final : public ClientCarrier, private http2::Events {
 public:
  explicit Http2Carrier(ClientConnection& connection);
  ~Http2Carrier() override = default;

  bool started() const noexcept override { return settings_seen_ || leaving_; }
  std::size_t room() const noexcept override;
  void carry(ClientCall& call) override;
  void give_up(ClientCall& call) override;
  std::size_t count() const noexcept override { return count_; }
  std::vector<ClientCall*> calls() const override;
  bool answering(const ClientCall& call) const noexcept override;
  ClientResponse take_so_far(const ClientCall& call) override;
  bool sending(const ClientCall& call) const noexcept override;
  std::chrono::milliseconds rest_time() const noexcept override;

  void take(std::string_view bytes) noexcept override;
  void on_timer() noexcept override;
  void on_let_go() noexcept override;
  void on_closed(bool) noexcept override {}

 private:
  struct Stream {
    ClientCall* call;  // null: nobody waits for it any more
    StreamAnswer answer;
    std::size_t sent = 0;                // of the body
    std::chrono::milliseconds begun_at;  // of the loop's clock
    bool cut = false;                    // by us
  };
  enum class End { answered, misunderstood, returned, reset };
  struct Ended {
    ClientCall* call;
    End how;
    StreamAnswer answer;
    std::uint32_t error;  // the stream was closed with
  };

  bool on_frame_begin(const nghttp2_frame_hd& frame) override;
  bool on_frame(const nghttp2_frame& frame) override;
  void on_head_begin(std::int32_t, bool) override {}
  bool on_field(std::int32_t id, std::string_view name, std::string_view value, bool well_formed) override;
  void on_data(std::int32_t id, std::string_view data) override;
  std::optional<std::size_t> read_body(std::int32_t id, std::span<std::uint8_t> room, bool& last) override;
  void on_sent(const nghttp2_frame& frame) override;
  void on_stream_end(std::int32_t id, std::uint32_t error) override;

  Stream* find(std::int32_t id);
  const Stream* stream_of(const ClientCall& call) const noexcept;
  bool calm(bool allowed);
  void check(std::int32_t id, Stream& stream);
  void note(Stream& stream, End how, std::uint32_t error = 0);
  ClientCall* release(Stream& stream);
  void on_goaway(const nghttp2_goaway& frame);
  void flush();
  void report();
  void tell(Ended& ended);
  void end(Failure failure, std::string_view why);
  std::uint64_t now_ms() const noexcept;

  ClientConnection& connection_;
  ClientSession session_;
  http2::Guard guard_;
  std::unordered_map<std::int32_t, Stream> streams_;
  std::deque<Ended> ended_;          // not yet told
  std::size_t count_ = 0;            // calls on streams, or not yet told
  std::size_t body_bytes_ = 0;       // of these
  std::chrono::milliseconds heard_;  // when bytes came last
  bool settings_seen_ = false;
  bool changed_ = false;  // there may be more room than before
  bool leaving_ = false;  // GOAWAY came
  bool flooded_ = false;
  bool asked_ = false;   // whether the server is there
  bool taking_ = false;  // report() comes next
};

}  // namespace trellis::http

/// One WebSocket connection, server side: frames on one end, the bytes inside them on the other.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/layer.hpp>

#include "deflate.hpp"
#include "frame.hpp"
#include "handshake.hpp"
#include "utf8.hpp"

namespace transport_websocket {

/// Declared once per plugin instance, counted per shard.
struct Metrics {
  static Metrics declare(const trellis::Host& host);

  trellis::Metric accepted;
  trellis::Metric refused;
  trellis::Metric failed;  ///< closed because the client broke the protocol
};

/// Payload is handed on as it arrives: nothing is put together, so nothing a length field says is ever allocated.
class WebSocketStream final : public trellis::LayerStream {
 public:
  WebSocketStream(trellis::LayerIo io, const Settings& settings, const Metrics& metrics);
  ~WebSocketStream() override;

  bool on_input(std::string_view bytes) noexcept override;
  bool on_output(std::string_view bytes) noexcept override;
  void on_shutdown() noexcept override;
  std::string_view fact(std::string_view name) noexcept override;

 private:
  bool shake_hands(std::string_view& bytes);
  bool secure() const;
  bool take_frames(std::string_view bytes);
  bool take_head(std::string_view& bytes);
  bool begin_frame();
  bool begin_data(Opcode opcode);
  bool take_payload(std::string_view& bytes);
  bool take_data(std::string_view piece);
  bool hand_up(std::string_view piece);
  bool end_frame();
  bool end_message();
  bool take_control();
  bool take_close(std::string_view payload);
  bool fail(CloseCode code, std::string_view reason);
  void send(Opcode opcode, std::string_view payload, bool compressed = false);
  void send_close(CloseCode code, std::string_view reason);

  trellis::LayerIo io_;
  const Settings& settings_;
  const Metrics& metrics_;
  std::unique_ptr<Handshake> handshake_;  // until it is over
  std::unique_ptr<Inflater> inflater_;    // while a compressed message is under way
  std::string host_;
  std::string control_;  // payload of a control frame that is not whole yet
  FrameHead frame_;
  std::uint64_t frame_taken_ = 0;    // bytes of its payload
  std::uint64_t message_bytes_ = 0;  // handed up of the message under way
  std::array<char, kMostHeadBytes> head_{};
  std::uint8_t head_size_ = 0;  // of a head that is not whole yet
  std::uint8_t window_bits_ = 0;
  Utf8Check text_;
  bool compresses_ = false;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool is_text_ = false;
  bool close_sent_ = false;
  bool close_received_ = false;
};

}  // namespace transport_websocket

/// Messages for a client as they come (server-sent events).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "here.hpp"
#include "receiver.hpp"

namespace mqtt_http {

void subscribe(const std::shared_ptr<Call>& call, const trellis::Request& request);

/// The work of a call. What its reader does not take is bounded: beyond that messages are dropped, counted, and the
/// reader is told how many. Nothing is kept for a reader that went.
class Stream final : public Work, private Receiver, private Here::Ticked {
 public:
  struct Wanted {
    std::vector<std::string> filters;
    std::uint32_t qos = 0;
    bool retained = true;
    std::uint64_t events = 0;  ///< 0: without end
    std::string last_id;       ///< of a stream before
  };

  /// The client is refused where it may not subscribe to one of the filters.
  static void begin(Call& call, const Caller& caller, const Wanted& wanted);

  Stream(Call& call, Place place, const Caller& caller, const Wanted& wanted);
  ~Stream() override;

  void on_drain() override { end("the broker stops"); }
  void on_gone() override { over_ = true; }

 private:
  bool on_message(const trellis_delivery& delivery) override;
  void on_lost() override { end("the broker ended the subscription"); }
  void tick() override;

  bool write(std::string_view text);
  bool drop();
  void tell_dropped();
  void end(std::string_view reason);
  bool stalled(std::size_t unsent);

  std::weak_ptr<Call> call_;
  trellis::Exchange& exchange_;
  Place place_;
  std::string name_;
  std::uint64_t last_ = 0;     // event
  std::uint64_t events_left_;  // 0: without end
  std::uint64_t dropped_ = 0;  // since the reader was told
  std::int64_t expires_at_ms_;
  std::chrono::milliseconds written_;  // when something was last
  std::chrono::milliseconds taken_;    // when the reader was last seen to take something
  std::uint64_t bytes_ = 0;            // written
  std::uint64_t bytes_taken_ = 0;
  std::string text_;  // memory
  bool over_ = false;
  bool open_ = false;
};

}  // namespace mqtt_http

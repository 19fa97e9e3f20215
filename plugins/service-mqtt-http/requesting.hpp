/// Requests that wait for the response to a message.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "draft.hpp"
#include "here.hpp"
#include "receiver.hpp"

namespace mqtt_http {

void request_response(const std::shared_ptr<Call>& call, const trellis::Request& request);

/// Publishes a message with a response topic of its own, and answers with what comes there under the same correlation
/// data. It outlives its call for a while after the time is over, to tell late responses from foreign ones.
class Asking final : private Receiver, public std::enable_shared_from_this<Asking> {
 public:
  static void begin(Call& call, const Caller& caller, Draft draft, std::chrono::milliseconds timeout);

  Asking(Call& call, Place place, std::string correlation);
  ~Asking() override;

  /// Its client has gone.
  void on_gone() { stop_waiting(); }

 private:
  bool on_message(const trellis_delivery& delivery) override;
  void on_lost() override;
  void answer(const trellis_message& message);
  void time_over();
  void stop_waiting();
  void bury();

  std::weak_ptr<Call> call_;
  Place place_;
  std::string correlation_;
  trellis::Timer timer_;
  bool kept_ = false;  // by the shard, until it is over
  bool waits_ = true;
};

}  // namespace mqtt_http

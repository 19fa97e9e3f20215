/// Answers requests, also from another shard than the one that was asked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <trellis/service.hpp>
#include <utility>

#include "common/events/answers.hpp"
#include "common/events/problem.hpp"

namespace events_service {

/// False where nobody waits for it any more.
bool send_json(trellis::Reply& reply, std::string_view body);
bool send_problem(trellis::Reply& reply, const events::Problem& problem);

/// The answer to one request. Move-only; let go without one it says 500.
class Answer {
 public:
  /// shard: the one that was asked.
  Answer(trellis::Reply reply, const trellis::Shard& shard) noexcept
      : reply_(std::move(reply)), host_(shard.host()), shard_(shard.index()) {}

  /// Gives it more time. Meant for the shard that was asked; elsewhere it says true.
  bool extend(const trellis::Shard& here, std::chrono::milliseconds time) {
    return here.index() != shard_ || reply_.extend(time);
  }

  /// 200 with that body. Where it was waited for, `events` of them are counted; where nobody did any more, lost() is
  /// called on `here`, now or later.
  template <class Lost>
  void send(const trellis::Shard& here, std::string_view body, trellis::Metric counter, std::int64_t events,
            Lost lost) {
    if (here.index() == shard_) {
      if (!send_json(reply_, body)) return lost();
      counter.add(here, events);
      return;
    }
    auto reply = std::make_shared<trellis::Reply>(std::move(reply_));
    host_.post(shard_,
               [=, text = std::string(body), host = host_, back = here.index(), lost = std::move(lost)]() mutable {
                 if (!send_json(*reply, text)) {
                   host.post(back, std::move(lost));
                 } else {
                   counter.add_any(events);
                 }
               });
  }
  void send(const trellis::Shard& here, std::string_view body) {
    send(here, body, {}, 0, [] {});
  }
  /// From any thread.
  void send_from_anywhere(std::string_view body) { send_json(reply_, body); }
  void refuse(const events::Problem& problem) { send_problem(reply_, problem); }

 private:
  trellis::Reply reply_;
  trellis::Host host_;
  std::uint32_t shard_;
};

}  // namespace events_service

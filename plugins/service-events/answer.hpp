/// Answers requests, also from another shard than the one that was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <trellis/service.hpp>
#include <utility>

#include "common/events/answers.hpp"
#include "common/events/problem.hpp"
#include "witness.hpp"

namespace events_service {

/// False where nobody waits for it any more.
bool send_json(trellis::Reply& reply, std::string_view body);
bool send_problem(trellis::Reply& reply, const events::Problem& problem, bool basic = false);

/// The answer to one request. Move-only; let go without one it says 500. Either way it is told to the witness.
class Answer {
 public:
  /// shard: the one that was asked.
  Answer(trellis::Reply reply, const trellis::Shard& shard, Witness& witness) noexcept
      : reply_(std::move(reply)), host_(shard.host()), shard_(shard.index()), told_(shard, witness) {}

  /// What it is about, to be filled in while it is read.
  Asked& asked() noexcept { return told_.asked; }
  const Asked& asked() const noexcept { return told_.asked; }
  std::int64_t now_us() const { return told_.now_us(); }

  /// Gives it more time. Meant for the shard that was asked; elsewhere it says true.
  bool extend(const trellis::Shard& here, std::chrono::milliseconds time) {
    waited_ = true;
    if (here.index() != shard_ || reply_.extend(time)) return true;
    told_.gone();
    return false;
  }

  /// 200 with that body. Where it was waited for, `events` of them are counted; where nobody did any more, lost() is
  /// called on `here`, now or later.
  template <class Lost>
  void send(const trellis::Shard& here, std::string_view body, trellis::Metric counter, std::int64_t events,
            Lost lost) {
    if (here.index() == shard_) {
      if (!send_here(body, events)) return lost();
      counter.add(here, events);
      return;
    }
    const trellis::Host host = host_;
    host.post(shard_, [=, answer = std::move(*this), text = std::string(body), back = here.index(),
                       lost = std::move(lost)]() mutable {
      if (!answer.send_here(text, events)) {
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
  void send_from_anywhere(std::string_view body) { send_here(body, 0); }
  void refuse(const events::Problem& problem) {
    send_problem(reply_, problem, asked().basic);
    told_.give(outcome_of(problem));
  }

 private:
  // False where nobody waits for it any more. A receive that got nothing says nothing about latency.
  bool send_here(std::string_view body, std::int64_t events) {
    static constexpr std::chrono::seconds kAtOnce{1};
    // That a client went while it waited is no fault, so it gets no answer that would be too late.
    const bool sent = (!waited_ || reply_.extend(kAtOnce)) && send_json(reply_, body);
    told_.give(sent ? Outcome::success : Outcome::aborted, sent && (events > 0 || asked().what != Asking::receive));
    return sent;
  }

  trellis::Reply reply_;
  trellis::Host host_;
  std::uint32_t shard_;
  bool waited_ = false;  // the client had time to go
  Testimony told_;
};

}  // namespace events_service

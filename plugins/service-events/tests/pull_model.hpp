// What pull delivery has to do, in the plainest form: lists that are searched from their beginning, and no timers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace events_service::testing {

/// All times are milliseconds of the wall clock.
struct ModelSettings {
  std::int64_t lock_ms = 60'000;
  int most_deliveries = 10;
  std::int64_t life_ms = 86'400'000;
};

struct ModelEvent {
  enum class State { available, locked, deferred };
  std::string id;
  std::int64_t published = 0;
  State state = State::available;
  int deliveries = 0;
  std::int64_t due = 0;    // the lock's end, or the delay's
  std::int64_t since = 0;  // of this delivery
  std::string token = {};  // of a locked one, once the test has read it
};

struct ModelReceive {
  std::size_t number;
  std::size_t most;
  std::int64_t due;
  bool away;          // asked on another shard: that the client left is seen only when it should have its answer
  bool gone = false;  // the client left
};

/// What a client is to be answered.
struct ModelAnswer {
  std::size_t number;
  std::uint32_t status = 200;
  std::vector<std::pair<std::string, int>> events = {};  // the id, and which delivery it is
};

/// Of all subscriptions since the beginning.
struct ModelCounts {
  std::int64_t offered = 0, received = 0, undone = 0, acknowledged = 0, released = 0, rejected = 0, renewed = 0;
  std::int64_t acknowledge_failed = 0, release_failed = 0, reject_failed = 0, renew_failed = 0;
  std::int64_t locks_expired = 0, dropped_rejected = 0, dropped_exhausted = 0, dropped_expired = 0;
  std::int64_t removed = 0;  // with their subscription
};

class ModelSubscription {
 public:
  using State = ModelEvent::State;
  ModelSubscription(ModelCounts& counts, std::int64_t now, const ModelSettings& first)
      : settings(first), counts_(counts), now_(now) {}

  ModelSettings settings;
  std::vector<ModelEvent> events;
  std::vector<ModelReceive> waiting;
  std::vector<ModelAnswer> answers;  // since the test looked

  void publish(const std::string& id) {
    events.push_back({id, now_});
    ++counts_.offered;
  }
  /// wait_ms: 0 does not wait.
  void receive(std::size_t number, std::size_t most, std::int64_t wait_ms, bool away) {
    waiting.push_back({number, most, now_ + wait_ms, away});
    look();
  }
  void leave(std::size_t number) {
    for (ModelReceive& one : waiting) one.gone = one.gone || one.number == number;
  }
  void change(const ModelSettings& changed) {
    settings = changed;
    look();
  }
  void remove() {
    for (const ModelReceive& one : waiting) {
      if (!one.gone) answers.push_back({one.number, 404});
    }
    counts_.removed += static_cast<std::int64_t>(events.size());
    waiting.clear();
    events.clear();
  }

  /// One token of a request; look() follows the last. What is wrong with it, or nothing.
  std::string settle(const std::string& operation, const std::string& token, std::int64_t delay_ms) {
    const auto found = std::ranges::find_if(events, [&](const ModelEvent& one) {
      return one.state == State::locked && one.token == token && one.due > now_;
    });
    if (found == events.end()) return "TokenLost";
    if (operation == "renewLock") {
      if (now_ - found->since > 3'600'000) return "TokenLost";
      found->due = now_ + settings.lock_ms;
    } else if (operation == "acknowledge") {
      events.erase(found);
    } else if (operation == "reject") {
      ++counts_.dropped_rejected;
      events.erase(found);
    } else if (found->deliveries >= settings.most_deliveries) {
      ++counts_.dropped_exhausted;
      events.erase(found);
    } else if (delay_ms == 0) {
      found->state = State::available;
    } else {
      // Delays end with a second.
      found->state = State::deferred;
      found->due = (std::min(now_ + delay_ms, end_of(*found)) + 999) / 1000 * 1000;
    }
    return {};
  }

  /// Lives until then, from one moment at which something happens to the next.
  void live_until(std::int64_t then) {
    while (const auto next = next_moment()) {
      if (*next > then) break;
      now_ = *next;
      look();
    }
    now_ = then;
  }

  /// Does all that is due.
  void look() {
    for (std::size_t i = 0; i < events.size();) i += fall_back(events[i]) ? 0 : 1;
    serve();
    for (std::size_t i = 0; i < waiting.size();) {
      if (waiting[i].due > now_) {
        ++i;
        continue;
      }
      if (!waiting[i].gone) answers.push_back({waiting[i].number});
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  std::size_t count(State state) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(events, [&](const ModelEvent& one) { return one.state == state; }));
  }
  std::int64_t end_of(const ModelEvent& event) const { return event.published + settings.life_ms; }

 private:
  bool erase(const ModelEvent& event, std::int64_t& reason) {
    ++reason;
    events.erase(events.begin() + (&event - events.data()));
    return true;
  }
  /// Whether it is no more.
  bool fall_back(ModelEvent& event) {
    if (event.state == State::locked) {
      if (event.due > now_) return false;  // however old the event is
      ++counts_.locks_expired;
      if (event.deliveries >= settings.most_deliveries) return erase(event, counts_.dropped_exhausted);
      event.state = State::available;
    }
    if (end_of(event) <= now_) return erase(event, counts_.dropped_expired);
    if (event.state == State::deferred && event.due <= now_) event.state = State::available;
    return false;
  }

  void serve() {
    std::vector<std::string> undone;
    while (!waiting.empty()) {
      const ModelReceive first = waiting.front();
      if (count(State::available) == 0) break;
      if (first.gone && !first.away) {
        waiting.erase(waiting.begin());
        continue;
      }
      ModelAnswer answer{first.number};
      take(first.most, answer);
      if (answer.events.empty()) break;
      waiting.erase(waiting.begin());
      if (!first.gone) {
        counts_.received += static_cast<std::int64_t>(answer.events.size());
        answers.push_back(std::move(answer));
        continue;
      }
      for (const auto& [id, deliveries] : answer.events) undone.push_back(id);
    }
    if (undone.empty()) return;
    // Nobody got them: they are as they were, and others may have them.
    for (ModelEvent& event : events) {
      if (std::ranges::find(undone, event.id) == undone.end()) continue;
      event.state = State::available;
      --event.deliveries;
      ++counts_.undone;
    }
    serve();
  }

  // In the order of publication. That one was delivered too often for changed settings is found out here.
  void take(std::size_t most, ModelAnswer& answer) {
    for (std::size_t i = 0; i < events.size() && answer.events.size() < most;) {
      ModelEvent& event = events[i];
      if (event.state == State::available && event.deliveries >= settings.most_deliveries) {
        erase(event, counts_.dropped_exhausted);
        continue;
      }
      ++i;
      if (event.state != State::available) continue;
      event.state = State::locked;
      event.due = now_ + settings.lock_ms;
      event.since = now_;
      event.token.clear();
      answer.events.emplace_back(event.id, ++event.deliveries);
    }
  }

  std::optional<std::int64_t> next_moment() const {
    std::optional<std::int64_t> next;
    const auto consider = [&](std::int64_t at) { next = std::min(next.value_or(at), at); };
    for (const ModelReceive& one : waiting) consider(one.due);
    for (const ModelEvent& event : events) {
      if (event.state != State::available) consider(event.due);
      if (event.state != State::locked) consider(end_of(event));
    }
    return next;
  }

  ModelCounts& counts_;
  std::int64_t now_;
};

}  // namespace events_service::testing

// Services without a broker: for cases, whose time is moved by hand.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services.hpp"
#include "store.hpp"

namespace lua {

class LocalServices final : public Services {
 public:
  explicit LocalServices(std::size_t entries = 10'000, std::size_t bytes = 1U << 20U) : store_(entries, bytes) {}

  std::chrono::milliseconds now() const noexcept override { return time_; }
  // Some moment of the past, the same for everybody.
  std::chrono::milliseconds wall() const noexcept override {
    return std::chrono::milliseconds(1'700'000'000'000) + time_;
  }
  void log(trellis::Level level, std::string_view text) noexcept override {
    if (lines_.size() < 1000) lines_.emplace_back(level, text);
  }
  bool count(std::string_view name, std::int64_t amount) noexcept override {
    counters_[std::string(name)] += amount;
    return true;
  }
  Store& store() noexcept override { return store_; }

  bool publish(OwnedMessage message) noexcept override {
    published_.push_back(std::move(message));
    return true;
  }
  std::string_view only_namespace() const noexcept override { return "default"; }
  bool set_timer(std::string_view name, std::chrono::milliseconds delay) noexcept override {
    timers_[std::string(name)] = delay;
    return true;
  }
  bool find_resource(std::string_view, std::string_view type, std::string_view name, bool,
                     std::string& json) noexcept override {
    const auto found = resources_.find(std::string(type) + "/" + std::string(name));
    if (found == resources_.end()) return false;
    json = found->second;
    return true;
  }

  /// What publish{} sent since the last time.
  std::vector<OwnedMessage> take_published() { return std::exchange(published_, {}); }
  /// What timer() asked for, by name.
  const std::map<std::string, std::chrono::milliseconds>& timers() const noexcept { return timers_; }
  /// "type/name": its properties, in JSON.
  void set_resources(std::map<std::string, std::string> resources) { resources_ = std::move(resources); }
  void advance_to(std::chrono::milliseconds time) noexcept { time_ = time; }
  const std::vector<std::pair<trellis::Level, std::string>>& lines() const noexcept { return lines_; }
  const std::map<std::string, std::int64_t>& counters() const noexcept { return counters_; }

 private:
  std::chrono::milliseconds time_{1000};
  std::vector<std::pair<trellis::Level, std::string>> lines_;
  std::map<std::string, std::int64_t> counters_;
  std::vector<OwnedMessage> published_;
  std::map<std::string, std::chrono::milliseconds> timers_;
  std::map<std::string, std::string> resources_;
  Store store_;
};

}  // namespace lua

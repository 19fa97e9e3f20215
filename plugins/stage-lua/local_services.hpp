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

  void advance_to(std::chrono::milliseconds time) noexcept { time_ = time; }
  const std::vector<std::pair<trellis::Level, std::string>>& lines() const noexcept { return lines_; }
  const std::map<std::string, std::int64_t>& counters() const noexcept { return counters_; }

 private:
  std::chrono::milliseconds time_{1000};
  std::vector<std::pair<trellis::Level, std::string>> lines_;
  std::map<std::string, std::int64_t> counters_;
  Store store_;
};

}  // namespace lua

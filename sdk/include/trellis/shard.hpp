// A plugin's place on one event loop: time, timers, and state of its own that needs no lock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <trellis/host.hpp>
#include <utility>

namespace trellis {

/// Calls a function once, later, unless it is destroyed or moved over before. Belongs to one shard.
class Timer {
 public:
  Timer() = default;
  Timer(const trellis_host_loop* loop, trellis_shard* shard, std::chrono::milliseconds delay,
        std::function<void()> function)
      : state_(std::make_unique<State>(State{loop, shard, 0, std::move(function)})) {
    state_->token = loop->start_timer(shard, static_cast<std::uint64_t>(delay.count()), &fire, state_.get());
  }
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    cancel();
    state_ = std::move(other.state_);
    return *this;
  }
  ~Timer() { cancel(); }

  void cancel() noexcept {
    if (state_ != nullptr && state_->token != 0) state_->loop->cancel_timer(state_->shard, state_->token);
    state_.reset();
  }
  bool waiting() const noexcept { return state_ != nullptr && state_->token != 0; }

 private:
  struct State {
    const trellis_host_loop* loop;
    trellis_shard* shard;
    trellis_token token;
    std::function<void()> function;
  };

  static void fire(void* user) noexcept {
    auto* state = static_cast<State*>(user);
    state->token = 0;
    // Moved out first: the function may put another timer where this one is.
    const auto function = std::move(state->function);
    function();
  }

  std::unique_ptr<State> state_;
};

/// One plugin instance on one shard. Everything here is for calls on that shard only.
///
/// A plugin that needs memory per shard declares a class ShardState inside; one is made for every shard, from
/// (Plugin&, trellis::Shard&) where it has such a constructor, and shard.state<ShardState>() gets it.
class Shard {
 public:
  Shard(void* plugin, const Host& host, trellis_shard* handle, std::uint32_t index) noexcept
      : plugin_(plugin), host_(host), handle_(handle), index_(index) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// 0 … host().shard_count() - 1.
  std::uint32_t index() const noexcept { return index_; }
  const Host& host() const noexcept { return host_; }
  trellis_shard* handle() const noexcept { return handle_; }

  /// Monotonic, read once per loop turn.
  std::chrono::milliseconds now() const noexcept {
    return std::chrono::milliseconds(static_cast<std::int64_t>(host_.loop()->now_ms(handle_)));
  }
  /// Unix time, read once per loop turn.
  std::chrono::milliseconds wall() const noexcept { return std::chrono::milliseconds(host_.loop()->wall_ms(handle_)); }

  /// Calls function() after that time or a little later. Keep the timer: it cancels when destroyed.
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, std::function<void()> function) const {
    return {host_.loop(), handle_, delay, std::move(function)};
  }

  template <class State>
  State& state() const noexcept {
    return *static_cast<State*>(state_.get());
  }
  template <class State>
  void adopt(std::unique_ptr<State> state) {
    state_ = {state.release(), [](void* mine) { delete static_cast<State*>(mine); }};
  }

  /// For the SDK's glue.
  void* plugin() const noexcept { return plugin_; }

 private:
  void* plugin_;
  Host host_;
  trellis_shard* handle_;
  std::uint32_t index_;
  std::unique_ptr<void, void (*)(void*)> state_{nullptr, [](void*) {}};
};

inline void Metric::add(const Shard& shard, std::int64_t amount) const noexcept { add(shard.handle(), amount); }

}  // namespace trellis

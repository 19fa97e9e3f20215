// Shards on threads of their own, driven by the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <trellis/runtime/shard.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "names.hpp"

namespace trellis::runtime::testing {

/// How long a test waits for something that should come at once, on a busy machine under a sanitizer.
inline constexpr std::chrono::seconds kPatience{30};

/// Runs a shard until destroyed.
class RunningShard {
 public:
  RunningShard(std::uint32_t index, MetricCells& cells, Epochs& epochs) : shard_(index, cells, epochs) {
    thread_ = std::thread([this] { shard_.run(); });
  }
  ~RunningShard() { stop(); }
  RunningShard(const RunningShard&) = delete;
  RunningShard& operator=(const RunningShard&) = delete;

  Shard& operator*() noexcept { return shard_; }
  Shard* operator->() noexcept { return &shard_; }

  /// Runs a function on the shard and answers what it answers. What it put off to the end of the turn is done before
  /// the next call's function runs.
  template <typename Function>
  auto call(Function function) {
    using Result = std::invoke_result_t<Function>;
    if constexpr (std::is_void_v<Result>) {
      run([](void* it) { (*static_cast<Function*>(it))(); }, &function);
    } else {
      std::pair<Function*, std::optional<Result>> both{&function, std::nullopt};
      run(
          [](void* it) {
            static_cast<decltype(both)*>(it)->second.emplace((*static_cast<decltype(both)*>(it)->first)());
          },
          &both);
      return std::move(*both.second);
    }
  }
  /// Lets the turn under way end.
  void turn() {
    run([](void*) {}, nullptr);
  }
  /// Turns until condition() is true there; false when that takes too long.
  bool until(const std::function<bool()>& condition);
  void stop() {
    if (!thread_.joinable()) return;
    shard_.stop();
    thread_.join();
  }

 private:
  /// Calls step(argument) on the shard and waits for its end. Not a template: every test has dozens of calls.
  void run(void (*step)(void*), void* argument);

  Shard shard_;
  std::thread thread_;
};

/// Shards with what they share.
class ShardSet {
 public:
  explicit ShardSet(std::uint32_t count = 1) {
    metrics.add_shards(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      shards.push_back(std::make_unique<RunningShard>(i, metrics.cells(i), epochs));
    }
  }
  ~ShardSet() { stop(); }
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;

  RunningShard& operator[](std::size_t index) { return *shards[index]; }
  /// Lets everything under way, on whatever shard, come to an end.
  void settle() {
    for (std::size_t round = 0; round < 2 * shards.size() + 1; ++round) {
      for (auto& shard : shards) shard->turn();
    }
  }
  void stop() {
    for (auto& shard : shards) shard->stop();
    epochs.clear();
  }

  Metrics metrics;
  Epochs epochs;
  std::vector<std::unique_ptr<RunningShard>> shards;
};

}  // namespace trellis::runtime::testing

namespace trellis::kernel::testing {
using namespace trellis::runtime::testing;
}  // namespace trellis::kernel::testing

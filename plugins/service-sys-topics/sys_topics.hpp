// The plugin: publishes the broker's figures as retained messages, and answers requests for them.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <trellis/service.hpp>
#include <vector>

#include "figures.hpp"

namespace sys_topics {

/// Works on shard 0 alone: its timer reads all metrics, works the figures out and publishes those that changed.
/// Requests that arrive on other shards are answered with the figures of the last reading.
class SysTopics final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-sys-topics",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Publishes figures of the broker under $SYS, in Mosquitto's names.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_METRICS, TRELLIS_HOST_LOOP, TRELLIS_HOST_PUBLISH}};

  /// What shard 0 needs to publish; the other shards have an idle one.
  class ShardState {
   public:
    ShardState(SysTopics& plugin, trellis::Shard& shard);

   private:
    void publish_and_wait();
    void publish(const std::vector<Figure>& figures);

    SysTopics& plugin_;
    trellis::Shard& shard_;
    Figures figures_;
    std::map<std::string_view, std::string> published_;  // topic below the prefix, value
    trellis::Timer timer_;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  void drain(std::chrono::milliseconds deadline) override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;

 private:
  std::string name_space_;
  std::string prefix_;  // ends in '/'
  std::chrono::milliseconds interval_{};
  std::atomic<bool> drained_{false};

  std::mutex mutex_;
  std::string json_ = "{}\n";  // guarded by mutex_; the last figures
};

}  // namespace sys_topics

// The plugin: forwards events to other topics of this broker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <trellis/borrow.hpp>
#include <trellis/handler.hpp>
#include <unordered_map>
#include <vector>

#include "common/event_sink/event_sink.hpp"
#include "common/verdict/delivery_metrics.hpp"
#include "target.hpp"

namespace namespace_topic {

struct Metrics {
  common::DeliveryMetrics events;
  trellis::Metric loops;
  trellis::Metric under_way;  // events
};

/// What is under way, whoever answers it and however late. All members may be called from any thread.
class Forwarded {
 public:
  Forwarded(const Metrics& metrics, std::size_t most) : metrics_(metrics), most_(most) {}

  /// The number of a call with these events; nothing, and they are left alone, where there are too many already.
  std::optional<std::uint64_t> add(std::vector<trellis::Settlement>& events);
  /// Settles the events of one call, if they wait still. outcomes: of common::EventSink; null: there was no memory.
  void answer(std::uint64_t number, const Target& target, const std::uint32_t* outcomes, std::uint32_t count);
  /// Nothing waits any more.
  void stop();

 private:
  std::vector<trellis::Settlement> take(std::uint64_t number);

  const Metrics metrics_;
  const std::size_t most_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;  // guarded, as all below
  std::size_t events_ = 0;
  std::unordered_map<std::uint64_t, std::vector<trellis::Settlement>> calls_;
};

class NamespaceTopicHandler final : public trellis::WithLenders<trellis::Handler> {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-namespace-topic",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Forwards events to other topics of this broker.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_BORROW}};

  static trellis::Schema schema() { return namespace_topic::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;
  void lenders_changed() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  /// On the batch's shard.
  void forward(const std::shared_ptr<const Target>& target, const trellis::DeliveryBatch& batch);

 private:
  using Sink = trellis::Borrowed<common::EventSink>;
  std::optional<Sink> sink();
  void give_back(std::vector<trellis::Settlement>& events, const common::Verdict& verdict);

  Settings settings_;
  Metrics metrics_;
  std::shared_ptr<Forwarded> forwarded_;
  std::mutex mutex_;
  std::optional<Sink> sink_;  // guarded by mutex_
};

}  // namespace namespace_topic

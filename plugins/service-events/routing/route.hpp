/// One route: takes MQTT messages out of a queue of its own and makes events of a topic of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <trellis/queue.hpp>
#include <vector>

#include "dead_letters/seldom.hpp"
#include "directory.hpp"
#include "envelope.hpp"
#include "publishing.hpp"

namespace events_service {

class TopicsHere;

struct RouteMetrics {
  void declare(const trellis::Host& host);
  trellis::Metric routed, filtered, no_event, no_topic, failed, plain;
};

/// Everything is for the shard it lives on. A message is taken out of the queue once its event is kept as surely as
/// the topic wants, so that each becomes an event at least once.
class Route final : private trellis::QueueOwner {
 public:
  Route(TopicsHere& here, const trellis::QueueTables& tables, std::shared_ptr<const RouteView> view);

  /// A new one, or what another instance of the plugin left.
  trellis::Result<void> open();
  /// One that outlived the process.
  std::pair<const trellis_receiver*, void*> take(trellis_subscriber* restored);
  void follow(std::shared_ptr<const RouteView> view);
  /// Whoever took nothing may take something now.
  void begin_anew();
  void end();
  void drain() { draining_ = true; }

  bool is_open() const noexcept { return queue_.is_open(); }
  /// The broker stops: what it has is as the store has it.
  bool stopped() const noexcept { return stopped_; }

  static std::string queue_name(std::string_view name);
  /// Empty where it is none of ours.
  static std::string_view name_in(std::string_view queue_name) noexcept;

 private:
  void on_ready() noexcept override { pump(); }
  void on_lost(bool taken) noexcept override;
  void subscribe();
  void pump();
  bool begin_batch();
  bool choose(std::span<const trellis_delivery> deliveries, std::span<bool> passes);
  void convert(const trellis_delivery& delivery, const TopicView& topic);
  void over(bool kept);
  void failed();
  void settle_all(std::uint32_t outcome);
  void tell_of_overflow();
  void log(Seldom& seldom, trellis::Level level, std::string_view sentence, std::string_view topic,
           std::string_view reason) const;
  std::string attribute_of(std::string_view publisher, std::string_view name) const;

  TopicsHere& here_;
  const trellis::QueueTables& tables_;
  std::shared_ptr<const RouteView> view_;
  const std::string name_space_;
  trellis::Queue queue_;
  Envelope envelope_;
  Batch batch_;
  std::vector<std::string> events_;    // what batch_ points into
  std::vector<std::uint64_t> leases_;  // of what is under way
  std::uint32_t failures_ = 0;         // in a row
  std::uint32_t most_ = 0;             // of the next batch: fewer where so many were not taken
  bool restored_ = false;              // and what it subscribed to was not looked at yet
  bool busy_ = false;
  bool draining_ = false;
  bool stopped_ = false;
  trellis::Timer again_;
  Seldom lost_logged_;
  Seldom plain_logged_;
  Seldom full_logged_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace events_service

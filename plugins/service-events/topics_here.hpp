/// The event API on one shard: its requests, and the topics that live here.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <trellis/queue.hpp>
#include <trellis/service.hpp>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "access/access.hpp"
#include "answer.hpp"
#include "audit.hpp"
#include "basic/basic_intake.hpp"
#include "common/events/intake.hpp"
#include "common/events/settle_request.hpp"
#include "common/http/client.hpp"
#include "dead_letters/dead_letter_requests.hpp"
#include "dead_letters/dead_letters_here.hpp"
#include "dead_letters/seldom.hpp"
#include "directory.hpp"
#include "expiry.hpp"
#include "mqtt_bridge.hpp"
#include "publishing.hpp"
#include "routing/routes_here.hpp"
#include "streams/streams_here.hpp"
#include "subscription.hpp"

namespace events_service {

class Events;

/// Everything is for its shard.
class TopicsHere {
 public:
  TopicsHere(Events& plugin, trellis::Shard& shard);
  ~TopicsHere();

  void on_request(const trellis::Request& request, trellis::Reply reply);
  /// Follows the directory: what was removed ends.
  void refresh();
  void drain();
  /// Other handlers may run.
  void lenders_changed();
  trellis_status restore(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept,
                         const trellis_receiver** receiver, void** user);

  /// Of a request that came in here.
  void answered(const Answered& answered) noexcept;

  // For requests that came in on another shard, too.
  void publish(const TopicView& topic, const Batch& batch, Answer answer);
  void receive(const TopicView& topic, SubscriptionId id, Receive request);
  void settle(const TopicView& topic, SubscriptionId id, const Settlement& how,
              std::span<const events::AskedToken> tokens, events::ApiVersion version, Answer answer);
  /// Puts the events into the queues of who wants them, all or nothing. The topic lives here. done(kept) is called once
  /// on this shard, perhaps before this returns. False, without a call, where there is nobody any more or the queues or
  /// the store take nothing.
  bool keep(const TopicView& topic, const Batch& batch, std::function<void(bool kept)> done);
  /// The same of events that a route made, which nobody may want; done comes in any case.
  void route(const TopicView& topic, const Batch& batch, const std::function<void(bool kept)>& done);
  /// Null where it was removed, or does not live here.
  Subscription* subscription(const TopicView& topic, SubscriptionId id) { return find(topic, id); }
  /// The same, but where it was not asked for yet it is null, too.
  Subscription* known(SubscriptionId id) const;
  StreamsHere& streams() noexcept { return streams_; }
  bool draining() const noexcept { return draining_; }
  const Directory& directory() const noexcept { return *directory_; }
  Events& plugin() const noexcept { return plugin_; }
  const trellis::Shard& shard() const noexcept { return shard_; }
  const trellis::QueueTables& tables() const noexcept { return tables_; }
  DeadLetterRequests& dead_letter_requests() noexcept { return dead_letter_requests_; }
  /// For blobs with dead letters.
  trellis::http::Client& storage_client();

  /// Calls function(TopicsHere&) on the shard where the topic lives.
  template <class Function>
  void at_home(const TopicView& topic, Function function);

 private:
  /// One that is asked for: it is opened where it was not yet. Null where it was removed.
  Subscription* find(const TopicView& topic, SubscriptionId id);
  void publish_request(const trellis::Request& request, const TopicView& topic, Answer answer);
  std::shared_ptr<const TopicView> basic_topic(const trellis::Request& request, const events::Route& route) const;
  events::Problem no_basic_topic(const events::Route& route) const;
  /// As events::Intake.
  const events::Problem* read_events(const trellis::Request& request, const TopicView& topic, bool basic,
                                     std::span<const events::Event>& events);
  /// Logs it, each reason once a minute. peer: empty where it came in elsewhere.
  void refuse_publish(std::string_view topic, std::string_view peer, const events::Problem& problem, Answer answer);
  void publish_to_mqtt(const TopicView& topic, const Batch& batch);
  void show_deliveries(std::shared_ptr<const TopicView> topic, SubscriptionId id, Answer answer);
  void receive_request(const events::Route& route, std::shared_ptr<const TopicView> topic, SubscriptionId id,
                       Answer answer);
  void settle_request(const trellis::Request& request, const events::Route& route,
                      std::shared_ptr<const TopicView> topic, SubscriptionId id, Answer answer);
  void count_settled(events::Operation operation, std::span<const events::Settled> tokens);
  trellis_status offer(const TopicView& topic, const Batch& batch, std::size_t& offers, std::uint32_t durability);
  void end_removed(const Directory& before, const Directory& now);
  void open_push();
  void count_matched(const Batch& batch);
  void take_over(std::uint32_t tries);
  void free_later(std::unique_ptr<Subscription> ended);

  Events& plugin_;
  trellis::Shard& shard_;
  const trellis::QueueTables tables_;
  events::LockTokens tokens_;
  AccessOnShard access_;
  DeadLettersHere dead_letters_;
  DeadLetterRequests dead_letter_requests_;
  std::optional<trellis::http::Client> storage_client_;  // where it was asked for
  StreamsHere streams_;
  Here here_;
  std::shared_ptr<const Directory> directory_;
  std::uint64_t version_ = 0;
  std::unordered_map<SubscriptionId, std::unique_ptr<Subscription>> subscriptions_;
  std::vector<std::unique_ptr<Subscription>> over_;  // somebody may be inside one
  trellis::Timer free_over_;
  trellis::Timer begin_;
  std::optional<Expiry> expiry_;  // of all subscriptions, on the first shard
  bool draining_ = false;

  RoutesHere routes_;
  MqttBridge bridge_;
  std::optional<Audit> audit_;
  std::array<Seldom, kOutcomes> publish_failures_;  // for the log
  events::Intake intake_;
  BasicIntake basic_intake_;
  events::SettleRequest settle_;
  Batch batch_;  // its room is used again, as that of the next
  std::vector<trellis_publication> publications_;
  std::vector<trellis_offer> offers_;
  std::vector<events::Settled> settled_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace events_service

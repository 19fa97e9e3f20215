/// What topics, event subscriptions and the plugin itself are set to.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/resources.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "audit.hpp"
#include "basic/topic_schema.hpp"
#include "common/azure_storage/account.hpp"
#include "common/cloud_event/filter.hpp"
#include "common/events/intake.hpp"
#include "common/events/route.hpp"
#include "common/events/settle_request.hpp"
#include "dead_letters/destination.hpp"
#include "predicates/predicate.hpp"
#include "push/push_settings.hpp"

namespace events_service {

/// Of the plugin.
struct Settings {
  events::IntakeRules intake;
  events::RouteRules route;
  events::SettleRules settle;
  cloud_event::FilterLimits filters;
  bool wide = false;  ///< beyond the ranges of Event Grid
  std::uint32_t topics = 0;
  std::uint32_t subscriptions = 0;  ///< of one topic
  std::uint32_t routes = 0;
  bool routes_refuse = false;  ///< publishers whose message a route has no room for
  std::uint32_t locks = 0;     ///< of one subscription: locked and deferred events
  std::uint64_t lock_bytes = 0;
  std::uint64_t queue_events = 0;  ///< of one subscription
  std::uint64_t queue_bytes = 0;
  std::uint32_t waiting = 0;  ///< requests of one shard that wait for events
  std::uint32_t streams = 0;  ///< of one shard
  std::uint32_t subscription_streams = 0;
  std::uint32_t stream_events = 0;  ///< out at once
  std::size_t stream_bytes = 0;
  std::chrono::seconds renewals{3600};
  std::string dead_letter_path;
  bool own_letter_folder = false;  ///< the path is the user's, who makes it
  std::uint64_t letter_folder_bytes = 0;
  bool letters_by_default = false;                      ///< of those that name no place go there
  bool dead_letter_http2 = true;                        ///< is spoken with accounts that pick it
  std::vector<azure_storage::Account> letter_accounts;  ///< of blobs
  bool any_letter_account = false;                      ///< for what was made when there were others
  std::size_t waiting_letters = 0;
  std::size_t waiting_letter_bytes = 0;
  std::uint32_t push_failures = 10;                    ///< in a row, until a destination is left alone
  std::uint32_t push_jitter = 10;                      ///< percent that a wait may be longer
  std::string push_callback;                           ///< where others reach the plugin, for consents; empty: nowhere
  RetryProfile retry_profile = RetryProfile::durable;  ///< of push subscriptions that say nothing of it

  std::optional<AuditSettings> audit;
  std::string default_topic;        ///< of /api/events; empty: none
  bool topic_by_host = false;       ///< the host name that was asked begins with the name of the topic
  std::size_t basic_events = 5000;  ///< of one request to /api/events

  static trellis::Schema schema();
  static Settings read(const trellis::Config& config);
  /// Whether dead letters of a subscription that names no place for them go to files.
  bool keeps_letters_of(const std::optional<PushSettings>& push) const noexcept;
};

/// Of filtersConfiguration.
trellis::Schema filters_schema();

/// How MQTT clients see the events of a topic.
enum class MqttMode : std::uint8_t { off, binary, structured };

/// Of a topic.
struct TopicSettings {
  std::chrono::seconds retention{86'400};
  std::uint32_t durability = 0;  ///< TRELLIS_DURABILITY_…; 0: as the namespace says
  MqttMode mqtt = MqttMode::off;
  std::shared_ptr<const SchemaMapping> schema;  ///< of application/json at /api/events; null: CloudEvents

  static trellis::ResourceTypeRules type(const Settings& settings);
  /// Refusals name the place.
  static trellis::Result<TopicSettings> read(const trellis::Config& properties);
};

/// Of an event subscription.
struct SubscriptionSettings {
  std::chrono::milliseconds lock{60'000};
  std::uint16_t deliveries = 10;                     ///< most of one event
  std::optional<std::chrono::seconds> time_to_live;  ///< none: as long as the topic keeps events
  std::chrono::milliseconds expires{0};              ///< Unix time; 0: never
  std::shared_ptr<const cloud_event::Filter> filter;
  std::shared_ptr<Predicate> predicate;  ///< of events that pass it; null: all
  std::optional<Destination> dead_letters;
  std::optional<PushSettings> push;  ///< none: clients receive

  static trellis::ResourceTypeRules type(const Settings& settings);
  static trellis::Result<SubscriptionSettings> read(const trellis::Config& properties, const Settings& settings);
};

/// "orders/audit" in its parts; both empty where it is none.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) noexcept;

}  // namespace events_service

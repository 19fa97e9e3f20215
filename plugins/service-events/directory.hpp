/// Which topics and event subscriptions there are.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <vector>

#include "common/cloud_event/filter_set.hpp"
#include "routing/route_settings.hpp"
#include "settings.hpp"

namespace events_service {

/// Of one event subscription, for as long as it exists: another one of the same name has another. Never 0.
using SubscriptionId = std::uint64_t;

struct SubscriptionEntry {
  SubscriptionId id;
  std::string name;  // as it was created
  std::uint64_t revision;
  std::shared_ptr<const SubscriptionSettings> settings;
};

/// A topic lives on one shard with all its subscriptions, so that an event is kept once for all of them.
struct TopicHome {
  std::atomic<std::uint32_t> shard;
};

/// Made when somebody asks first: while subscriptions are made one after the other nobody does.
struct TopicFilters {
  std::once_flag made;
  std::optional<cloud_event::FilterSet> set;
  std::vector<std::size_t> choosing;  // subscriptions with a predicate
};

/// A topic as it is at the time; never changes.
struct TopicView {
  std::string name;
  std::uint32_t name_space;
  TopicSettings settings;
  std::shared_ptr<TopicHome> home;
  std::vector<SubscriptionEntry> subscriptions;
  std::shared_ptr<TopicFilters> made_filters = std::make_shared<TopicFilters>();  // of these subscriptions

  /// Which of them want an event, by id. [any]
  const cloud_event::FilterSet& filters() const { return *made().set; }
  /// Which of them have a predicate, by index. [any]
  const std::vector<std::size_t>& choosing() const { return made().choosing; }
  const SubscriptionEntry* find(std::string_view subscription) const noexcept;

 private:
  const TopicFilters& made() const;
};

/// The name of the route that a namespace has by its own settings; no resource is called so.
inline constexpr std::string_view kNamespaceRoute = "$namespace";

/// A route as it is at the time; never changes.
struct RouteView {
  std::string name;
  std::uint32_t name_space;
  std::shared_ptr<const RouteSettings> settings;
  std::shared_ptr<TopicHome> home;  // the shard of its queue
};

/// All of them, by namespace and by name whatever its case; never changes.
class Directory {
 public:
  using Key = std::pair<std::uint32_t, std::string>;  // the name in small letters
  std::map<Key, std::shared_ptr<const TopicView>, std::less<>> topics;
  std::map<Key, std::shared_ptr<const RouteView>, std::less<>> routes;

  std::shared_ptr<const TopicView> find(std::uint32_t name_space, std::string_view topic) const;
  /// Whether dead letters of subscriptions of topic `from`, or of those they go to, and so on, come to topic `to`.
  bool letters_lead(std::uint32_t name_space, std::string_view from, std::string_view to) const;
};

/// Follows the resources. [control], but current() and version().
class DirectoryKeeper {
 public:
  void start(const trellis::Host& host, const Settings& settings);
  void changed(const std::vector<trellis::ResourceChange>& changes);
  /// There is nothing any more: what other plugins compiled for it is given back while they are there.
  void forget() { publish(std::make_shared<const Directory>()); }

  /// [any] takes a lock
  std::shared_ptr<const Directory> current() const;
  /// Another number where current() is another. [any]
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// -1 where there is none of that name.
  std::int64_t namespace_index(std::string_view name) const;

 private:
  void put(Directory& next, const trellis::Resource& resource);
  void remove(Directory& next, const trellis::Resource& resource);
  void put_topic(Directory& next, std::uint32_t name_space, const trellis::Resource& resource);
  void put_route(Directory& next, std::uint32_t name_space, const trellis::Resource& resource);
  void put_namespace(Directory& next, std::uint32_t name_space, const trellis::Resource& resource);
  void put_route(Directory& next, std::uint32_t name_space, std::string_view name, RouteSettings settings);
  void put_subscription(Directory& next, std::uint32_t name_space, const trellis::Resource& resource);
  std::shared_ptr<TopicHome> home_of(std::string_view name) const;
  void publish(std::shared_ptr<const Directory> next);

  trellis::Host host_;
  Settings settings_;
  SubscriptionId last_id_ = 0;
  mutable std::mutex mutex_;  // of current_
  std::shared_ptr<const Directory> current_ = std::make_shared<const Directory>();
  std::atomic<std::uint64_t> version_{0};
};

/// In small letters, of ASCII alone.
std::string small(std::string_view text);
bool same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace events_service

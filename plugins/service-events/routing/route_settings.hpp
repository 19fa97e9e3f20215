/// Which MQTT messages become events of which topic.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/resources.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/cloud_event/filter.hpp"
#include "enrichments.hpp"
#include "predicates/predicate.hpp"

namespace events_service {

struct Settings;

struct RouteSettings {
  std::vector<std::string> topic_filters;
  std::string topic;
  Enrichments enrichments;
  std::shared_ptr<const cloud_event::Filter> filter;
  std::shared_ptr<Predicate> predicate;  ///< of messages; null: all

  static trellis::ResourceTypeRules type(const Settings& settings);
  /// Refusals name the place.
  static trellis::Result<RouteSettings> read(const trellis::Config& properties, const Settings& settings);
  /// What a resource of the type `namespaces` has all messages of the namespace routed by; nothing where it does not.
  static trellis::Result<std::optional<RouteSettings>> read_namespace(const trellis::Resource& name_space);
};

}  // namespace events_service

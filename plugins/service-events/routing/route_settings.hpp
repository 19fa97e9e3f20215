/// Which MQTT messages become events of which topic.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/resources.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/cloud_event/filter.hpp"
#include "enrichments.hpp"

namespace events_service {

struct Settings;

struct RouteSettings {
  std::vector<std::string> topic_filters;
  std::string topic;
  Enrichments enrichments;
  std::shared_ptr<const cloud_event::Filter> filter;

  static trellis::ResourceTypeRules type(const Settings& settings);
  /// Refusals name the place.
  static trellis::Result<RouteSettings> read(const trellis::Config& properties, const Settings& settings);
};

}  // namespace events_service

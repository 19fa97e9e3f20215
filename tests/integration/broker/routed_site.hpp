// A broker whose MQTT messages become events that a gate takes and prints.
#pragma once

#include <string>

#include "support/site.hpp"

namespace trellis::testing {

class RoutedSite : public SiteTest {
 protected:
  /// route: properties of the route but for its topic. handler: the plugin instance that takes the events.
  Site site(const std::string& route, const std::string& handler = "gate") {
    folder_.write("routes.json", R"({"topics": {"taken": {}}, "routes": {"all": {"topic": "taken", )" + route + R"(}},
      "eventSubscriptions": {"taken/push": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination":
        {"endpointType": "Plugin", "properties": {"plugin": ")" +
                                     handler + R"("}}}}}}})");
    return {.plugins = R"("gate": {"file": ")" + test_plugins() +
                       R"(/handler-gate.so"}, "service-events": {}, "predicate-cesql": {}, "predicate-event-grid": {})",
            .root = R"("resources": ")" + folder_.path() + R"(")"};
  }
  /// Whether the gate has taken an event with that text in it.
  bool took(const std::string& text) {
    const std::string output = broker().output();
    const auto at = output.find(text);
    return at != std::string::npos && output.rfind("gate took <", at) != std::string::npos;
  }
  bool takes(const std::string& text) {
    return eventually([&] { return took(text); });
  }

 private:
  TemporaryDirectory folder_;
};

}  // namespace trellis::testing

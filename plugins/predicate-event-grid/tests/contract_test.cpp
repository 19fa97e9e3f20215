// What every predicate promises.
#include <trellis/testing/contract/predicate.hpp>

#include "event_grid.hpp"

namespace {

using trellis::testing::FilterSample;
using trellis::testing::Sample;

struct EventGridSamples : trellis::testing::PredicateSamples {
  using Plugin = event_grid::EventGrid;
  static std::vector<std::string> wrong_settings() { return {R"({"source": 7})"}; }
  static std::vector<FilterSample> filters() {
    return {{R"({"includedEventTypes": ["Plant.Reading"], "filters": [
                {"operatorType": "NumberGreaterThan", "key": "data.rpm", "value": 800},
                {"operatorType": "StringBeginsWith", "key": "subject", "values": ["halls/"]}]})",
             {event("Halls/1", "900"), event("halls/2", "800.5")},
             {event("yard/1", "900"), event("halls/1", "800"), event("halls/1", "null")}},
            {R"({"includedEventTypes": ["MQTT.EventPublished"], "subjectBeginsWith": "halls/"})",
             {{.topic = "halls/3", .payload = "21"}},
             {{.topic = "yard/3", .payload = "21"}, event("halls/1", "900")}},
            {"{}", {event("halls/1", "1")}, {}}};
  }
  static std::vector<std::string> wrong_filters() {
    return {R"({"filters": [{"operatorType": "NumberLessThan", "key": "data.n", "value": "7"}]})",
            R"({"filters": [{"operatorType": "Sounds", "key": "id"}]})", R"({"includedEventTypes": "all"})"};
  }

 private:
  static Sample event(const std::string& subject, const std::string& rpm) {
    return {.topic = "t",
            .payload = R"({"specversion": "1.0", "id": "1", "source": "/s", "type": "Plant.Reading", "subject": ")" +
                       subject + R"(", "data": {"rpm": )" + rpm + "}}",
            .content_type = "application/cloudevents+json"};
  }
};
TRELLIS_CONTRACT_SUITE(Predicate, EventGridSamples);

}  // namespace

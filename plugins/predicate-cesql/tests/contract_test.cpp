// What every predicate promises.
#include <trellis/testing/contract/predicate.hpp>

#include "predicate.hpp"

namespace {

using trellis::testing::FilterSample;
using trellis::testing::Sample;

struct CesqlSamples : trellis::testing::PredicateSamples {
  using Plugin = cesql::CesqlPredicate;
  static std::vector<std::string> wrong_settings() { return {R"({"sql": "TRUE"})"}; }
  static std::vector<FilterSample> filters() {
    const Sample plain{.topic = "ovens/3", .payload = "21"};
    return {{R"({"sql": "type LIKE 'org.example.%' AND level > 220"})",
             {binary("org.example.baked", "221"), structured("org.example.baked", "230")},
             {binary("org.example.baked", "220"), binary("other", "230"), structured("other", "230"), plain}},
            {R"({"any": [{"exact": {"id": "8"}}, {"not": {"prefix": {"type": "org."}}}]})",
             {binary("other", "1"), structured("other", "1")},
             {binary("org.example.baked", "1")}}};
  }
  static std::vector<std::string> wrong_filters() {
    return {"{}",
            R"({"sql": "(id = 'a'"})",
            R"({"sql": 5})",
            R"({"sql": "1 + 2"})",
            R"({"any": []})",
            R"({"exact": {"Type": "x"}})"};
  }

 private:
  static Sample binary(const std::string& type, const std::string& level) {
    return {.topic = "t",
            .user_properties = {
                {"specversion", "1.0"}, {"id", "7"}, {"source", "/ovens/3"}, {"type", type}, {"level", level}}};
  }
  static Sample structured(const std::string& type, const std::string& level) {
    return {.topic = "t",
            .payload = R"({"specversion": "1.0", "id": "7", "source": "/ovens", "type": ")" + type + R"(", "level": )" +
                       level + "}",
            .content_type = "application/cloudevents+json"};
  }
};
TRELLIS_CONTRACT_SUITE(Predicate, CesqlSamples);

}  // namespace

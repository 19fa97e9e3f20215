// What every predicate promises.
#include <trellis/testing/contract/files.hpp>
#include <trellis/testing/contract/predicate.hpp>

#include "predicate_lua.hpp"

namespace {

using trellis::testing::FilterSample;
using trellis::testing::Sample;

constexpr const char* kRule = R"(
  function hot(event, arguments) return type(event.data) == 'number' and event.data > arguments.above end
  function wrong(event) return nil + 1 end)";

struct PredicateLuaSamples : trellis::testing::PredicateSamples {
  using Plugin = lua::PredicateLua;
  static std::string settings() { return R"({"script": ")" + files().put("chosen.lua", kRule) + "\"}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"script": "/no/such/script.lua"})",
            R"({"script": ")" + files().put("broken.lua", "function hot(") + "\"}"};
  }
  static std::vector<FilterSample> filters() {
    return {{R"({"function": "hot", "arguments": {"above": 200}})", {reading("230")}, {reading("200"), reading("x")}},
            {R"({"function": "wrong"})", {}, {reading("230")}}};
  }
  static std::vector<std::string> wrong_filters() { return {"{}", R"({"function": "cold"})", R"({"function": 1})"}; }

 private:
  static Sample reading(const std::string& value) { return {.topic = "ovens/3", .payload = value, .is_text = true}; }
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("predicate-lua");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Predicate, PredicateLuaSamples);

}  // namespace

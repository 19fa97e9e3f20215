// What every stage promises.
#include <trellis/testing/contract/files.hpp>
#include <trellis/testing/contract/stage.hpp>

#include "stage_lua.hpp"

namespace {

using trellis::testing::Sample;

constexpr const char* kRule = R"(function on_publish(message)
  if message.topic == 'drop' then return drop() end
  if message.topic == 'move' then return {topic = 'moved', payload = 'new'} end
  if message.topic == 'copy' then return {message.topic, 'copies/' .. message.topic} end
  if message.topic == 'wrong' then return nil + message.qos end
end)";

struct StageLuaSamples : trellis::testing::StageSamples {
  using Plugin = lua::StageLua;
  static std::string settings() { return R"({"script": ")" + files().put("rule.lua", kRule) + "\"}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"script": "/no/such/script.lua"})",
            R"({"script": ")" + files().put("broken.lua", "function on_publish(") + "\"}",
            R"({"hook": "on_deliver", "script": ")" + files().put("rule.lua", kRule) + "\"}"};
  }
  static std::vector<Sample> passes() {
    return {{.topic = "other", .payload = "1"}, {.topic = "copy", .payload = "2"}, {.topic = "wrong"}};
  }
  static std::vector<Sample> drops() { return {{.topic = "drop"}}; }
  static std::vector<Sample> replaces() { return {{.topic = "move", .payload = "old", .qos = 1}}; }

 private:
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("stage-lua");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Stage, StageLuaSamples);

}  // namespace

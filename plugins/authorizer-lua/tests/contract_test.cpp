// What every authorizer promises.
#include <trellis/testing/contract/authorizer.hpp>
#include <trellis/testing/contract/files.hpp>

#include "authorizer_lua.hpp"

namespace {

using trellis::Action;
using trellis::testing::AccessQuestion;

constexpr const char* kRules = R"(
  function on_connect(client)
    if client.attributes.blocked then return deny('blocked') end
  end
  function on_subscribe(filter, client)
    if filter == '#' then return false end
    if filter:sub(1, #client.id + 1) == client.id .. '/' then return true end
  end
  function may_publish(topic, client)
    return client.attributes.rooms and client.attributes.rooms[1] == topic
  end
  function may_receive(topic, client)
    return topic ~= 'secret'
  end)";

struct AuthorizerLuaSamples : trellis::testing::AuthorizerSamples {
  using Plugin = lua::AuthorizerLua;
  static std::string settings() { return R"({"script": ")" + files().put("access.lua", kRules) + "\"}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"script": "/no/such/script.lua"})",
            R"({"script": ")" + files().put("broken.lua", "function on_connect(") + "\"}"};
  }
  static std::vector<AccessQuestion> allowed() {
    return {{{.name = "ada"}, Action::subscribe, "ada/#"},
            {{.name = "ada", .attributes = {{"rooms", R"(["kitchen"])"}}}, Action::publish, "kitchen"},
            {{.name = "bob"}, Action::receive, "news"}};
  }
  static std::vector<AccessQuestion> denied() {
    return {{{.name = "ada"}, Action::subscribe, "#"},
            {{.name = "ada"}, Action::subscribe, "bob/#"},
            {{.name = "ada", .attributes = {{"rooms", R"(["kitchen"])"}}}, Action::publish, "cellar"},
            {{.name = "bob"}, Action::receive, "secret"}};
  }

 private:
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("authorizer-lua");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Authorizer, AuthorizerLuaSamples);

}  // namespace

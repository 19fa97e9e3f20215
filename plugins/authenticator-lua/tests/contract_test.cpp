// What every authenticator promises, by a script that decides at once and one that asks a server.
#include <trellis/testing/contract/authenticator.hpp>
#include <trellis/testing/contract/files.hpp>

#include "authenticator_lua.hpp"

namespace {

using trellis::testing::Client;

constexpr const char* kDecides = R"(function on_authenticate(credentials)
  if credentials.password == 'secret' then return allow(credentials.username, {room = 'a'}) end
  if credentials.password then return deny('wrong password') end
end)";
constexpr const char* kAsks = R"(function on_authenticate(credentials)
  local answer, why = http.post('https://id.example.com/', {body = credentials.password or ''})
  if answer == nil then return deny(why) end
  if answer.status == 200 then return allow(answer.body) end
  return deny('said ' .. answer.status)
end)";

struct AuthenticatorLuaSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = lua::AuthenticatorLua;
  static std::string settings() { return R"({"script": ")" + files().put("decides.lua", kDecides) + "\"}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"script": "/no/such/script.lua"})",
            R"({"script": ")" + files().put("broken.lua", "function on_authenticate(") + "\"}",
            R"({"script": ")" + files().put("empty.lua", "") + "\"}"};
  }
  static std::vector<Client> allowed() { return {{.username = "ada", .password = "secret"}}; }
  static std::vector<Client> denied() { return {{}, {.username = "ada", .password = "guess"}}; }

 protected:
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("authenticator-lua");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, AuthenticatorLuaSamples);

struct AuthenticatorLuaAskingSamples : AuthenticatorLuaSamples {
  static std::string settings() {
    return R"({"hosts": ["id.example.com"], "script": ")" + files().put("asks.lua", kAsks) + "\"}";
  }
  static void dialled(trellis::testing::TestHost& host) {
    auto server = host.answer_dial();
    const bool right = server.received().ends_with("\r\n\r\nsecret");
    server.send(std::string("HTTP/1.1 ") + (right ? "200" : "403") + " Said\r\nContent-Length: 3\r\n\r\nada");
    server.disconnect();  // so that the next client's question is dialled, and comes here
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, AuthenticatorLuaAskingSamples);

}  // namespace

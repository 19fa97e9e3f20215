// A management service beside a plugin that declares machines and halls, in one TestHost.
#pragma once

#include <gmock/gmock-matchers.h>

#include <functional>
#include <string>
#include <trellis/resources.hpp>
#include <trellis/testing/test_host.hpp>
#include <utility>

#include "management.hpp"

namespace management {

using trellis::testing::RequestSample;
using trellis::testing::ResponseSample;

/// Machines stand in halls, of which the yard always is there.
class Plant final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "plant", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  trellis::Result<void> configure(const trellis::Config&) override {
    const trellis::ResourceTypeRules types[] = {
        {.name = "machines",
         .schema = trellis::Schema{}
                       .text("serial", {.help = "Its number."})
                       .text("hall", {.help = "Where it stands.", .fallback = "yard"})
                       .integer("power", {.help = "In kW.", .fallback = 1, .maximum = 9000})
                       .secret("pin", {.help = "Opens it."})
                       .map("doors", trellis::Schema{}.secret("code").text("side"))
                       .property("feed", R"({"type":"object","additionalProperties":true,"properties":{)"
                                         R"("url":{"type":["string","null"],"format":"secret"},)"
                                         R"("keys":{"type":"array","items":{"type":"string","format":"secret"}},)"
                                         R"("headers":{"type":"array","items":{"type":"object",)"
                                         R"("additionalProperties":true,"properties":{"properties":{"type":"object",)"
                                         R"("additionalProperties":true,"properties":{)"
                                         R"("value":{"type":"string","format":"secret"}}}}}}}})")
                       .json(),
         .key = "serial",
         .references = {{"hall", "halls", {"yard"}}}},
        {.name = "halls", .schema = trellis::Schema{}.text("description").json(), .most = 3},
        {.name = "namespaces",
         .schema = trellis::Schema{}
                       .text("location")
                       .property("tags", R"({"type":"object","additionalProperties":{"type":"string"}})")
                       .integer("sessions")
                       .text("note")
                       .object("topicSpacesConfiguration", trellis::Schema{}.text("state"))
                       .json()}};
    for (const auto& type : types) {
      if (const auto declared = declare_resources(*this, type); !declared) return declared;
    }
    return trellis::ok();
  }
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override {
    if (on_check) std::exchange(on_check, nullptr)();
    if (change.after->type() == "machines" && change.after->properties().integer("power") == 13)
      return trellis::fail("/power: 13 brings bad luck");
    return trellis::ok();
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text("plant"); }

  std::function<void()> on_check;  // once, while a change is being judged
};

inline constexpr std::string_view kWriter = "Bearer write-token-0123456789";
inline constexpr std::string_view kReader = "Bearer read-token-00123456789";
inline constexpr std::string_view kTokens =
    R"("tokens": [{"name": "ops", "token": "write-token-0123456789", "permissions": "write"},
                  {"name": "look", "token": "read-token-00123456789"}])";

class ManagementTest : public ::testing::Test {
 protected:
  explicit ManagementTest(const std::string& further = "", trellis::testing::TestHostOptions options = {})
      : host_(options),
        plant_(host_.load<Plant>()),
        service_(host_.load<Management>("{" + std::string(kTokens) + further + "}")) {}

  /// Sends a request; path with a query, body in JSON.
  trellis::testing::ResponseWatch send(const std::string& method, const std::string& target,
                                       const std::string& body = "", trellis::testing::TextPairs headers = {},
                                       std::string_view token = kWriter) {
    RequestSample request;
    request.method = method;
    request.mount = "/management";
    request.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) request.query = target.substr(target.find('?') + 1);
    request.body = body;
    request.headers = std::move(headers);
    if (!token.empty()) request.headers.emplace_back("authorization", token);
    return service_.request(request);
  }
  ResponseSample ask(const std::string& method, const std::string& target, const std::string& body = "",
                     trellis::testing::TextPairs headers = {}, std::string_view token = kWriter) {
    const auto watch = send(method, target, body, std::move(headers), token);
    for (int turns = 0; turns < 20 && !watch.answered(); ++turns) host_.turn();
    return watch.get();
  }
  ResponseSample get(const std::string& target) { return ask("GET", target); }
  static trellis::Config json(const ResponseSample& answer) {
    auto read = trellis::Config::parse(answer.body);
    EXPECT_TRUE(read) << answer.body;
    return read ? *read : trellis::Config();
  }
  static std::string code(const ResponseSample& answer) { return json(answer).object("error").text("code"); }
  static std::string message(const ResponseSample& answer) { return json(answer).object("error").text("message"); }
  static std::string target(const ResponseSample& answer) { return json(answer).object("error").text("target", ""); }

  trellis::testing::TestHost host_;
  trellis::testing::ServiceDriver plant_;
  trellis::testing::ServiceDriver service_;
};

}  // namespace management

// One resource: read, made, replaced, merged, removed.
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ManagementItems : public ManagementTest {
 protected:
  static constexpr const char* kPress = "/namespaces/default/machines/press";
  /// Somebody else puts the press, but not before the next request was taken.
  void put_soon(std::string_view properties) {
    const trellis::Host& host = plant_.as<Plant>().host();
    trellis_resource_operation operation{};
    operation.struct_size = sizeof operation;
    operation.kind = TRELLIS_RESOURCE_PUT;
    operation.name_space = trellis::view("default");
    operation.type = trellis::view("machines");
    operation.name = trellis::view("press");
    operation.properties = trellis::view(properties);
    operation.expected = -1;
    host.table<trellis_host_resources>()->apply(
        host.handle(), static_cast<trellis::Shard*>(plant_.instance().shard(0))->handle(), &operation, 1, false,
        nullptr, [](void*, const trellis_resource_result*, std::uint32_t) {});
  }
};

TEST_F(ManagementItems, AreMadeReadReplacedAndRemoved) {
  EXPECT_EQ(get(kPress).status, 404u);
  const auto made = ask("PUT", kPress, R"({"properties": {"power": 3}})");
  EXPECT_EQ(made.status, 201u);
  const auto read = get(kPress);
  EXPECT_EQ(read.status, 200u);
  EXPECT_EQ(read.body, made.body);
  EXPECT_EQ(read.header("etag"), made.header("etag"));
  EXPECT_EQ(read.header("content-type"), "application/json");
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"power": 4}})").status, 200u);
  EXPECT_NE(get(kPress).header("etag"), made.header("etag"));
  const auto removed = ask("DELETE", kPress);
  EXPECT_EQ(removed.status, 200u);
  EXPECT_EQ(json(removed).object("properties").text("provisioningState"), "Deleted");
  EXPECT_EQ(ask("DELETE", kPress).status, 204u);
  EXPECT_EQ(code(get(kPress)), "ResourceNotFound");
}

TEST_F(ManagementItems, AreShownInTheirEnvelope) {
  ask("PUT", kPress, R"({"properties": {"power": 3}})");
  const auto press = json(get(kPress));
  EXPECT_EQ(press.text("id"), "/namespaces/default/machines/press");
  EXPECT_EQ(press.text("name"), "press");
  EXPECT_EQ(press.text("type"), "Microsoft.EventGrid/namespaces/machines");
  EXPECT_EQ(press.text("etag"), get(kPress).header("etag"));
  EXPECT_EQ(press.object("systemData").text("createdAt"), press.object("systemData").text("lastModifiedAt"));
  EXPECT_EQ(press.object("properties").json(), R"({"hall":"yard","power":3,"provisioningState":"Succeeded"})");
  const std::string base = "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid";
  EXPECT_EQ(json(get(base + kPress)).text("id"), base + kPress);
  EXPECT_EQ(json(get("/namespaces/default/MACHINES/press")).text("id"), kPress);
}

TEST_F(ManagementItems, MayBePutBackAsTheyWereRead) {
  ask("PUT", kPress, R"({"properties": {"power": 3}})");
  const auto read = get(kPress);
  const auto again = ask("PUT", kPress, read.body);
  EXPECT_EQ(again.status, 200u) << again.body;
  EXPECT_EQ(again.header("etag"), read.header("etag"));
}

TEST_F(ManagementItems, AreNotReadTwiceInVain) {
  ask("PUT", kPress, R"({"properties": {}})");
  const std::string tag = get(kPress).header("etag");
  const auto same = ask("GET", kPress, "", {{"if-none-match", tag}});
  EXPECT_EQ(same.status, 304u);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.header("etag"), tag);
  EXPECT_EQ(ask("GET", kPress, "", {{"if-none-match", "\"1234\""}}).status, 200u);
}

TEST_F(ManagementItems, AreReplacedOnlyWhereTheConditionHolds) {
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {}})", {{"if-match", "*"}}).status, 412u);
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {}})", {{"if-none-match", "*"}}).status, 201u);
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {}})", {{"if-none-match", "*"}}).status, 412u);
  const std::string first = get(kPress).header("etag");
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"power": 2}})", {{"if-match", first}}).status, 200u);
  const auto late = ask("PUT", kPress, R"({"properties": {"power": 3}})", {{"if-match", first}});
  EXPECT_EQ(late.status, 412u);
  EXPECT_EQ(code(late), "PreconditionFailed");
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {"power": 3}})", {{"if-match", first}}).status, 412u);
  EXPECT_EQ(ask("DELETE", kPress, "", {{"if-match", first}}).status, 412u);
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"power": 3}})", {{"if-match", "*"}}).status, 200u);
  EXPECT_EQ(ask("DELETE", kPress, "", {{"if-match", get(kPress).header("etag")}}).status, 200u);
  EXPECT_EQ(ask("DELETE", kPress, "", {{"if-match", "*"}}).status, 412u);
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {}})", {{"if-match", "17"}}).status, 400u);
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {}})", {{"if-none-match", "*"}}).status, 400u);
}

TEST_F(ManagementItems, WhatChangedBetweenLookAndDeedIsNotOverwritten) {
  ask("PUT", kPress, R"({"properties": {}})");
  const std::string tag = get(kPress).header("etag");
  put_soon(R"({"power": 7})");
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"power": 5}})", {{"if-match", tag}}).status, 412u);
  put_soon(R"({"power": 8})");
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"power": 6}})", {{"if-match", "*"}}).status, 200u);  // looked again
  EXPECT_EQ(json(get(kPress)).object("properties").integer("power"), 6);
}

TEST_F(ManagementItems, ArePatchedByMerging) {
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {"power": 5}})").status, 404u);
  ask("PUT", kPress, R"({"properties": {"serial": "P-1", "power": 2}})");
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {"power": 5}})").status, 200u);
  EXPECT_THAT(get(kPress).body, HasSubstr(R"("power":5,"serial":"P-1")"));
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {"power": null}})").status, 200u);
  EXPECT_THAT(get(kPress).body, HasSubstr(R"("power":1,"serial":"P-1")"));
}

TEST_F(ManagementItems, WrongBodiesAreRefusedWithTheirPlace) {
  EXPECT_THAT(message(ask("PUT", kPress, R"({"power": 3})")), HasSubstr(R"({"properties": {…}})"));
  EXPECT_THAT(message(ask("PUT", kPress, "")), HasSubstr("JSON, byte 0"));
  EXPECT_EQ(target(ask("PUT", kPress, R"({"properties": []})")), "/properties");
  EXPECT_EQ(target(ask("PUT", kPress, R"({"properties": {}, "powr": 3})")), "/powr");
  EXPECT_EQ(target(ask("PUT", kPress, R"({"properties": {}, "name": "mill"})")), "/name");
  const auto schema = ask("PUT", kPress, R"({"properties": {"power": "much"}})");
  EXPECT_EQ(schema.status, 400u);
  EXPECT_EQ(target(schema), "/properties/power");
  const auto plugin = ask("PUT", kPress, R"({"properties": {"power": 13}})");
  EXPECT_EQ(target(plugin), "/properties/power");
  EXPECT_EQ(message(plugin), "13 brings bad luck");
  const auto two = json(ask("PUT", kPress, R"({"properties": {"power": "much", "hal": "a"}})")).object("error");
  EXPECT_EQ(two.list("details").size(), 2u);
  EXPECT_THAT(two.text("message"), HasSubstr("(and 1 more)"));
}

TEST_F(ManagementItems, EveryReasonOfTheBrokerHasItsStatus) {
  EXPECT_EQ(code(ask("PUT", kPress, R"({"properties": {"hall": "north"}})")), "ReferencedResourceNotFound");
  EXPECT_EQ(ask("PUT", kPress, R"({"properties": {"hall": "north"}})").status, 400u);
  ask("PUT", "/namespaces/default/halls/north", R"({"properties": {}})");
  ask("PUT", kPress, R"({"properties": {"hall": "north", "serial": "S"}})");
  const auto needed = ask("DELETE", "/namespaces/default/halls/north");
  EXPECT_EQ(needed.status, 409u);
  EXPECT_EQ(code(needed), "ResourceInUse");
  EXPECT_THAT(message(needed), HasSubstr("machines/press names it"));
  const auto taken = ask("PUT", "/namespaces/default/machines/mill", R"({"properties": {"serial": "s"}})");
  EXPECT_EQ(taken.status, 409u);
  EXPECT_EQ(target(taken), "/properties/serial");
  ask("PUT", "/namespaces/default/halls/b", R"({"properties": {}})");
  ask("PUT", "/namespaces/default/halls/c", R"({"properties": {}})");
  const auto many = ask("PUT", "/namespaces/default/halls/d", R"({"properties": {}})");
  EXPECT_EQ(many.status, 409u);
  EXPECT_EQ(code(many), "QuotaExceeded");
  const auto name = ask("PUT", "/namespaces/default/halls/a b", R"({"properties": {}})");
  EXPECT_EQ(name.status, 400u);
  EXPECT_EQ(target(name), "");
}

TEST_F(ManagementItems, SecretsAreNeverShownAndNotOverwrittenByWhatStandsForThem) {
  const auto made =
      ask("PUT", kPress, R"({"properties": {"pin": "4711", "doors": {"a": {"code": "0815", "side": "left"}}}})");
  EXPECT_EQ(made.status, 201u);
  for (const auto& answer : {made, get(kPress), get("/namespaces/default/machines")}) {
    EXPECT_THAT(answer.body, Not(HasSubstr("4711")));
    EXPECT_THAT(answer.body, Not(HasSubstr("0815")));
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"***","side":"left")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("pin":"***")"));
  }
  const auto back = ask("PUT", kPress, get(kPress).body);
  EXPECT_EQ(back.status, 400u);
  EXPECT_EQ(target(back), "/properties/doors/a/code");
  EXPECT_EQ(ask("PATCH", kPress, R"({"properties": {"power": 2}})").status, 200u);
  trellis::with_resource(plant_.as<Plant>().host(), "default", "machines", "press",
                         [](const trellis::Resource& one) { EXPECT_THAT(one.json(), HasSubstr("4711")); });
}

TEST_F(ManagementItems, BuiltInOnesAreSeenAndStay) {
  const auto yard = get("/namespaces/default/halls/yard");
  EXPECT_EQ(yard.status, 200u);
  EXPECT_EQ(json(yard).text("managedBy"), "broker");
  EXPECT_EQ(yard.header("etag"), "");
  for (const char* method : {"PUT", "PATCH", "DELETE"}) {
    const auto answer = ask(method, "/namespaces/default/halls/yard", R"({"properties": {}})");
    EXPECT_EQ(answer.status, 403u) << method;
    EXPECT_EQ(code(answer), "BuiltIn");
  }
}

TEST_F(ManagementItems, ANamespaceIsAnItemThatIsAlwaysThere) {
  EXPECT_EQ(get("/namespaces/default").body,
            R"({"id":"/namespaces/default","name":"default","type":"Microsoft.EventGrid/namespaces",)"
            R"("properties":{"provisioningState":"Succeeded"}})");
  EXPECT_EQ(ask("PATCH", "/namespaces/default", R"({"properties": {"sessions": 2, "note": null}, "location": "here"})")
                .status,
            201u);
  EXPECT_EQ(ask("PATCH", "/namespaces/default", R"({"properties": {"note": "n"}})").status, 200u);
  EXPECT_THAT(get("/namespaces/default").body,
              HasSubstr(R"("properties":{"note":"n","sessions":2,"provisioningState")"));
  EXPECT_EQ(ask("PUT", "/namespaces/default", R"({"properties": {}})").status, 200u);
  EXPECT_EQ(json(get("/namespaces")).list("value").size(), 1u);
}

TEST_F(ManagementItems, WhatStandsBesideANamespacesPropertiesIsKeptAndGivenBackThere) {
  const auto made =
      ask("PUT", "/namespaces/default", R"({"location": "here", "tags": {"a": "b"}, "properties": {"sessions": 2}})");
  EXPECT_EQ(made.status, 201u) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("location":"here","tags":{"a":"b"},"properties":{"sessions":2,)"));
  EXPECT_EQ(get("/namespaces/default").body, made.body);
  EXPECT_THAT(get("/namespaces").body, HasSubstr(R"("location":"here","tags":{"a":"b"},"properties")"));
  EXPECT_EQ(ask("PUT", "/namespaces/default", made.body).header("etag"), made.header("etag"));
  EXPECT_EQ(ask("PATCH", "/namespaces/default", R"({"tags": {"a": null, "c": "d"}})").status, 200u);
  EXPECT_THAT(get("/namespaces/default").body, HasSubstr(R"("location":"here","tags":{"c":"d"},"properties")"));
  EXPECT_EQ(target(ask("PUT", "/namespaces/default", R"({"location": 1, "properties": {}})")), "/location");
  EXPECT_EQ(target(ask("PUT", "/namespaces/default", R"({"properties": {"sessions": "x"}})")), "/properties/sessions");
  EXPECT_EQ(ask("PUT", "/namespaces/default", "{}").status, 400u);
}

TEST_F(ManagementItems, NamesOfHostsOfANamespaceAreTheBrokersToTellAndLeftOut) {
  const auto made =
      ask("PUT", "/namespaces/default",
          R"({"properties": {"topicSpacesConfiguration": {"state": "Enabled", "hostname": "mqtt.example.com"}}})");
  EXPECT_EQ(made.status, 201u) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("topicSpacesConfiguration":{"state":"Enabled"})"));
}

TEST_F(ManagementItems, OnlyNamespacesHaveALocation) {
  EXPECT_EQ(target(ask("PUT", kPress, R"({"properties": {}, "location": "here"})")), "/location");
  const std::string machine = R"({"type": "machines", "name": "press", "properties": {}, "tags": {}})";
  EXPECT_EQ(target(ask("POST", "/namespaces/default/apply", machine)), "/0/tags");
  const std::string own =
      R"({"type": "Microsoft.EventGrid/namespaces", "name": "default", "properties": {}, "tags": {"a": "b"}})";
  EXPECT_EQ(ask("POST", "/namespaces/default/apply", own).status, 200u);
  EXPECT_THAT(get("/namespaces/default").body, HasSubstr(R"("tags":{"a":"b"})"));
}

}  // namespace
}  // namespace management

// What belongs to something: paths, envelopes, what goes with what.
#include "fixture.hpp"
#include "shown_name.hpp"

namespace management {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Topics, and subscriptions that belong to them.
class Topics final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "topics", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  trellis::Result<void> configure(const trellis::Config&) override {
    const std::string schema = trellis::Schema{}.text("note").json();
    const auto topics =
        declare_resources(*this, {.name = "topics", .schema = schema, .shortest_name = 3, .longest_name = 50});
    if (!topics) return topics;
    return declare_resources(
        *this,
        {.name = "eventSubscriptions", .schema = schema, .shortest_name = 3, .longest_name = 50, .parent = "topics"});
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text("topics"); }
};

class ManagementNested : public ManagementTest {
 protected:
  static constexpr const char* kTopic = "/namespaces/default/topics/orders";
  static constexpr const char* kAll = "/namespaces/default/eventSubscriptions";
  static constexpr const char* kOwn = "/namespaces/default/topics/orders/eventSubscriptions";
  static constexpr const char* kAudit = "/namespaces/default/topics/orders/eventSubscriptions/audit";
  static constexpr const char* kBody = R"({"properties": {}})";

  void put_all(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) EXPECT_EQ(host_.put_resources({{path, "{}"}}), "") << path;
    host_.turn();
  }
  static std::vector<std::string> names(const ResponseSample& page) {
    std::vector<std::string> out;
    for (const auto& one : json(page).list("value")) out.push_back(one.text("name"));
    return out;
  }
  /// Somebody else puts one, but not before the next request was taken.
  void put_soon(std::string_view type, std::string_view name) {
    const trellis::Host& host = topics_.as<Topics>().host();
    trellis_resource_operation operation{};
    operation.struct_size = sizeof operation;
    operation.kind = TRELLIS_RESOURCE_PUT;
    operation.name_space = trellis::view("default");
    operation.type = trellis::view(type);
    operation.name = trellis::view(name);
    operation.properties = trellis::view("{}");
    operation.expected = -1;
    host.table<trellis_host_resources>()->apply(
        host.handle(), static_cast<trellis::Shard*>(topics_.instance().shard(0))->handle(), &operation, 1, false,
        nullptr, [](void*, const trellis_resource_result*, std::uint32_t) {});
  }

  trellis::testing::ServiceDriver topics_ = host_.load<Topics>();
};

TEST_F(ManagementNested, ItemsAreMadeReadReplacedMergedAndRemoved) {
  put_all({"topics/orders"});
  const auto made = ask("PUT", kAudit, R"({"properties": {"note": "a"}})");
  EXPECT_EQ(made.status, 201u) << made.body;
  const auto audit = json(made);
  EXPECT_EQ(audit.text("id"), kAudit);
  EXPECT_EQ(audit.text("name"), "audit");
  EXPECT_EQ(audit.text("type"), "Microsoft.EventGrid/namespaces/topics/eventSubscriptions");
  EXPECT_EQ(get(kAudit).body, made.body);
  EXPECT_EQ(ask("PUT", kAudit, made.body).status, 200u);
  EXPECT_EQ(ask("PUT", kAudit, R"({"name": "other", "properties": {}})").status, 400u);
  EXPECT_EQ(ask("PATCH", kAudit, R"({"properties": {"note": "b"}})").status, 200u);
  EXPECT_EQ(ask("PUT", kAudit, kBody, {{"if-match", made.header("etag")}}).status, 412u);
  EXPECT_EQ(ask("PUT", kAudit, kBody, {{"if-none-match", "*"}}).status, 412u);
  EXPECT_EQ(ask("GET", kAudit, "", {{"if-none-match", get(kAudit).header("etag")}}).status, 304u);
  const auto removed = ask("DELETE", kAudit, "", {{"if-match", get(kAudit).header("etag")}});
  EXPECT_EQ(removed.status, 200u);
  EXPECT_EQ(json(removed).text("name"), "audit");
  EXPECT_EQ(ask("DELETE", kAudit).status, 204u);
  EXPECT_EQ(message(get(kAudit)), "eventSubscriptions/orders/audit is not there");
  EXPECT_EQ(get(kTopic).status, 200u);
}

TEST_F(ManagementNested, PathsAreTakenInAllTheirForms) {
  put_all({"topics/orders", "eventSubscriptions/orders/audit"});
  const std::string base = "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid";
  EXPECT_EQ(json(get(base + kAudit)).text("id"), base + kAudit);
  EXPECT_EQ(json(get("/namespaces/default/TOPICS/orders/eventsubscriptions/audit")).text("id"), kAudit);
  EXPECT_EQ(json(get("/namespaces/default/eventSubscriptions/orders/audit")).text("id"), kAudit);
  EXPECT_EQ(get("/namespaces/default/topics/Orders/eventSubscriptions/audit").status, 404u);
  EXPECT_EQ(ask("POST", kOwn, kBody).status, 405u);
  EXPECT_EQ(ask("PUT", "/namespaces/default/eventSubscriptions/audit", kBody).status, 400u);
  EXPECT_THAT(message(get("/namespaces/default/topics/orders/machines/press")),
              HasSubstr("topics/orders has no \"machines\", only: eventSubscriptions"));
  const auto none = get("/namespaces/default/machines/press/eventSubscriptions");
  EXPECT_EQ(none.status, 404u);
  EXPECT_EQ(code(none), "ResourceTypeNotFound");
  EXPECT_THAT(message(none), HasSubstr("nothing, as no type belongs to machines"));
  EXPECT_THAT(message(get("/namespaces/default/eventSubscriptions/orders/eventSubscriptions/audit")),
              HasSubstr("eventSubscriptions/orders has no \"eventSubscriptions\""));
  EXPECT_EQ(code(get("/namespaces/default/hals/a/eventSubscriptions/b")), "ResourceTypeNotFound");
}

TEST_F(ManagementNested, WithoutTheParentThereIsNothing) {
  const auto put = ask("PUT", kAudit, kBody);
  EXPECT_EQ(put.status, 404u);
  EXPECT_EQ(code(put), "ParentResourceNotFound");
  EXPECT_THAT(message(put), HasSubstr("parent topics/orders is not there"));
  const auto list = get(kOwn);
  EXPECT_EQ(list.status, 404u);
  EXPECT_EQ(code(list), "ParentResourceNotFound");
  EXPECT_THAT(message(list), HasSubstr("topics/orders is not there"));
  EXPECT_EQ(code(ask("PUT", "/namespaces/default/machines/press", R"({"properties": {"hall": "x"}})")),
            "ReferencedResourceNotFound");
}

TEST_F(ManagementNested, AParentsOwnCollectionHasNoOthers) {
  put_all({"topics/orders", "topics/ord", "topics/orders2", "topics/empty", "eventSubscriptions/ord/zzz",
           "eventSubscriptions/orders/a-1", "eventSubscriptions/orders/a-2", "eventSubscriptions/orders/a-3",
           "eventSubscriptions/orders2/aaa"});
  const auto first = get(std::string(kOwn) + "?$top=2");
  EXPECT_THAT(names(first), ElementsAre("a-1", "a-2"));
  const std::string link = json(first).text("nextLink");
  EXPECT_THAT(link, HasSubstr("/management/namespaces/default/topics/orders/eventSubscriptions?$top=2&$skipToken="));
  const auto second = get(link.substr(std::string("/management").size()));
  EXPECT_THAT(names(second), ElementsAre("a-3"));
  EXPECT_EQ(json(second).text("nextLink", ""), "");
  EXPECT_THAT(names(get("/namespaces/default/topics/empty/eventSubscriptions")), ElementsAre());
  EXPECT_THAT(names(get(kAll)), ElementsAre("zzz", "a-1", "a-2", "a-3", "aaa"));
  EXPECT_THAT(names(get(std::string(kAll) + "?$top=2&$skipToken=orders/a-1")), ElementsAre("a-2", "a-3"));
  EXPECT_THAT(names(get(std::string(kOwn) + "?$skipToken=orders2/a")), ElementsAre());
}

TEST_F(ManagementNested, FiltersAreHeldAgainstTheNameOrTheWhole) {
  put_all({"topics/audits", "topics/orders", "eventSubscriptions/audits/first", "eventSubscriptions/orders/audit"});
  EXPECT_THAT(names(get(std::string(kAll) + "?$filter=contains(name,'audit')")), ElementsAre("audit"));
  EXPECT_THAT(names(get(std::string(kAll) + "?$filter=contains(name,'audits/')")), ElementsAre("first"));
  EXPECT_THAT(names(get(std::string(kAll) + "?$filter=name%20eq%20'orders/audit'")), ElementsAre("audit"));
  EXPECT_THAT(names(get(std::string(kOwn) + "?$filter=name%20eq%20'audit'")), ElementsAre("audit"));
}

TEST_F(ManagementNested, WhatBelongsToAParentGoesWithIt) {
  put_all({"topics/orders", "topics/orders2", "eventSubscriptions/orders/a-1", "eventSubscriptions/orders/a-2",
           "eventSubscriptions/orders2/stays"});
  EXPECT_EQ(ask("DELETE", kTopic, "", {{"if-match", "\"1\""}}).status, 412u);
  EXPECT_EQ(names(get(kAll)).size(), 3u);
  const auto removed = ask("DELETE", kTopic, "", {{"if-match", get(kTopic).header("etag")}});
  EXPECT_EQ(removed.status, 200u) << removed.body;
  EXPECT_EQ(json(removed).text("id"), kTopic);
  EXPECT_THAT(names(get(kAll)), ElementsAre("stays"));
  EXPECT_EQ(host_.metric("trellis_management_changes_total", "change=\"removed\""), 3);
}

TEST_F(ManagementNested, WhatCameMeanwhileGoesToo) {
  put_all({"topics/orders", "eventSubscriptions/orders/a-1"});
  put_soon("eventSubscriptions", "orders/late");
  EXPECT_EQ(ask("DELETE", kTopic).status, 200u);
  EXPECT_THAT(names(get(kAll)), ElementsAre());
}

TEST_F(ManagementNested, ABatchRemovesOnlyWhatItNames) {
  put_all({"topics/orders", "eventSubscriptions/orders/audit"});
  const std::string parent = R"({"type": "topics", "name": "orders", "properties": null})";
  const std::string child = R"({"type": "eventSubscriptions", "name": "orders/audit", "properties": null})";
  const auto needed = ask("POST", "/namespaces/default/apply", "[" + parent + "]");
  EXPECT_EQ(needed.status, 409u);
  EXPECT_THAT(message(needed), HasSubstr("eventSubscriptions/orders/audit belongs to it"));
  EXPECT_EQ(ask("POST", "/namespaces/default/apply", "[" + parent + "," + child + "]").status, 200u);
  EXPECT_EQ(get(kTopic).status, 404u);
}

TEST_F(ManagementNested, ABatchTakesWhatAnswersShow) {
  put_all({"topics/orders", "eventSubscriptions/orders/audit"});
  const std::string shown = get(kAudit).body;
  ask("DELETE", kAudit);
  const auto again = ask("POST", "/namespaces/default/apply", shown);
  EXPECT_EQ(again.status, 200u) << again.body;
  EXPECT_EQ(json(again).list("operations")[0].text("name"), "orders/audit");
  EXPECT_EQ(get(kAudit).status, 200u);
  const auto line = [](const std::string& type) {
    return R"([{"type": "Microsoft.EventGrid/namespaces/)" + type + R"(", "name": "audit", "properties": {}}])";
  };
  const auto no_id = ask("POST", "/namespaces/default/apply", line("topics/eventSubscriptions"));
  EXPECT_EQ(target(no_id), "/0/name");
  const auto other = ask("POST", "/namespaces/default/apply",
                         R"([{"type": "Microsoft.EventGrid/namespaces/halls/eventSubscriptions", "name": "orders/audit",
                              "properties": {}}])");
  EXPECT_EQ(target(other), "/0/type");
  EXPECT_THAT(message(other), HasSubstr("eventSubscriptions belong to topics, not to halls"));
  const auto missing = ask("POST", "/namespaces/default/apply",
                           R"([{"type": "eventSubscriptions", "name": "bills/audit", "properties": {}}])");
  EXPECT_EQ(code(missing), "ParentResourceNotFound");
  EXPECT_EQ(target(missing), "/0");
}

TEST_F(ManagementNested, AParentsOwnAreWatched) {
  put_all({"topics/orders", "topics/orders2", "eventSubscriptions/orders/audit"});
  const std::string from = json(get(kOwn)).text("revision");
  const auto own = send("GET", std::string(kOwn) + "?watch=" + from);
  const auto other = send("GET", "/namespaces/default/topics/orders2/eventSubscriptions?watch=" + from);
  const auto all = send("GET", std::string(kAll) + "?watch=" + from);
  EXPECT_EQ(host_.put_resource("eventSubscriptions", "orders2/new", "{}"), "");
  host_.turn();
  EXPECT_FALSE(own.answered());
  ASSERT_TRUE(other.answered());
  EXPECT_EQ(json(other.get()).list("value")[0].object("resource").text("name"), "new");
  EXPECT_TRUE(all.answered());
  EXPECT_EQ(ask("DELETE", kTopic).status, 200u);
  host_.turn();
  ASSERT_TRUE(own.answered());
  const auto gone = json(own.get()).list("value")[0];
  EXPECT_EQ(gone.text("change"), "removed");
  EXPECT_EQ(gone.object("resource").text("id"), kAudit);
}

TEST_F(ManagementNested, TypesTellTheirParent) {
  const auto types = json(get("/types")).list("value");
  std::vector<std::string> order;
  for (const auto& one : types) order.push_back(one.text("name") + ":" + one.text("parent", ""));
  EXPECT_THAT(order, ElementsAre("halls:", "machines:", "namespaces:", "topics:", "eventSubscriptions:topics"));
}

TEST(ShownName, IsReadBackFromTheId) {
  const std::string type = std::string(kProvider) + "/topics/eventSubscriptions";
  const std::string id = "/subscriptions/s/namespaces/n/topics/orders/eventSubscriptions/audit";
  EXPECT_EQ(read_shown(type, "audit", id)->name, "orders/audit");
  EXPECT_EQ(read_shown(type, "audit", id)->parent_type, "topics");
  EXPECT_EQ(read_shown(type, "orders/audit", "")->name, "orders/audit");
  EXPECT_EQ(read_shown("eventSubscriptions", "orders/audit", "")->type, "eventSubscriptions");
  EXPECT_EQ(read_shown(std::string(kProvider) + "/topics", "orders", "")->parent_type, "");
  for (const std::string& other :
       {std::string(), std::string("audit"), std::string("/topics//eventSubscriptions/audit"),
        std::string("/halls/orders/eventSubscriptions/audit"), std::string("/topics/orders/eventSubscriptions/x"),
        std::string("/topics/orders/other/audit")}) {
    EXPECT_FALSE(read_shown(type, "audit", other)) << other;
  }
}

}  // namespace
}  // namespace management

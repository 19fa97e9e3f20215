// Resources, through the SDK and TestHost.
#include <gmock/gmock-matchers.h>

#include <trellis/resources.hpp>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using trellis::testing::TestHost;

/// Knows machines and the halls they are in.
class MachineService final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "machines", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  trellis::Result<void> configure(const trellis::Config&) override {
    const auto halls = declare_resources(*this, {.name = "halls", .schema = trellis::Schema{}.json()});
    if (!halls) return halls;
    return declare_resources(*this, {.name = "machines",
                                     .schema = trellis::Schema{}
                                                   .text("serial", {.help = "Its number."})
                                                   .text("hall", {.help = "Where it stands.", .fallback = "yard"})
                                                   .integer("power", {.help = "In kW.", .fallback = 1})
                                                   .json(),
                                     .key = "serial",
                                     .references = {{"hall", "halls", {"yard"}}}});
  }
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override {
    if (change.after->type() == "machines" && change.after->properties().integer("power") > 9000)
      return trellis::fail("/power: that is too much");
    return trellis::ok();
  }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    std::string line;
    for (const auto& one : changes) {
      line += !one.before ? '+' : (!one.after ? '-' : '~');
      line += one.either().name();
    }
    heard.push_back(line);
  }
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    const std::string_view name = request.path().substr(1);
    std::string out;
    const auto show = [&](const trellis::Resource& one) {
      out += std::string(one.name()) + std::string(one.json()) + ' ';
    };
    if (name.empty()) {
      trellis::for_each_resource(host(), "default", "machines", show);
    } else if (!trellis::with_resource(host(), "default", "machines", name, show)) {
      trellis::with_resource_of_key(host(), "default", "machines", name, show);
    }
    reply.text(out);
  }

  std::vector<std::string> heard;
};

class Resources : public ::testing::Test {
 protected:
  TestHost host_;
  trellis::testing::ServiceDriver service_ = host_.load<MachineService>();
  MachineService& plugin() { return service_.as<MachineService>(); }
};

TEST_F(Resources, AreFoundByNameAndKeyAndInOrder) {
  EXPECT_EQ(host_.put_resource("machines", "press", R"({"serial": "P-4"})"), "");
  EXPECT_EQ(host_.put_resource("machines", "mill", R"({"power": 7})"), "");
  EXPECT_EQ(service_.get("/press").body(), R"(press{"hall":"yard","power":1,"serial":"P-4"} )");
  EXPECT_EQ(service_.get("/p-4").body(), R"(press{"hall":"yard","power":1,"serial":"P-4"} )");
  EXPECT_EQ(service_.get("/").body(),
            R"(mill{"hall":"yard","power":7} press{"hall":"yard","power":1,"serial":"P-4"} )");
  EXPECT_EQ(service_.get("/none").body(), "");
}

TEST_F(Resources, ChangesAreHeardOfByCall) {
  EXPECT_EQ(
      host_.put_resources({{"machines/press", R"({"hall": "north"})"}, {"halls/north", "{}"}, {"machines/mill", "{}"}}),
      "");
  EXPECT_EQ(host_.put_resource("machines", "press", R"({"hall": "yard"})"), "");
  EXPECT_EQ(host_.remove_resource("halls", "north"), "");
  EXPECT_THAT(plugin().heard, ElementsAre("+press+north+mill", "~press", "-north"));
}

TEST_F(Resources, ThePluginAndTheSchemaJudge) {
  EXPECT_EQ(host_.put_resource("machines", "press", R"({"power": 9001})"), "/power: that is too much");
  EXPECT_THAT(host_.put_resource("machines", "press", R"({"power": "much"})"), HasSubstr("/power: "));
  EXPECT_THAT(host_.put_resource("machines", "press", "{"), HasSubstr("never closed"));
  EXPECT_EQ(host_.put_resource("machines", "press", R"({"hall": "north"})"), "/hall: halls/north is not there");
  EXPECT_TRUE(plugin().heard.empty());
}

/// Uses no type of its own and hears of all.
class Watcher final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "watcher", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};
  trellis::Result<void> configure(const trellis::Config&) override {
    observe_resources(*this);
    return trellis::ok();
  }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    std::string line;
    for (const auto& one : changes) {
      line += (!one.before ? "+" : (!one.after ? "-" : "~")) + std::string(one.either().type()) + '/';
      line += std::string(one.either().name()) + ' ';
    }
    heard.push_back(line);
  }
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    std::string out;
    for (const std::string& name : trellis::resource_types(host())) out += name + ' ';
    trellis::with_resource_type(host(), request.path().substr(1), [&](const trellis::ResourceTypeRules& rules) {
      out += std::string(rules.name) + " by " + std::string(rules.key) + rules.schema.substr(0, 1);
      for (const auto& one : rules.references)
        out += " " + std::string(one.property) + ">" + std::string(one.type) + "|" + std::string(one.built_in.at(0));
    });
    reply.text(out);
  }

  std::vector<std::string> heard;
};

TEST_F(Resources, ChangesOfAllTypesAreHeardOfByWhoObserves) {
  auto watcher = host_.load<Watcher>();
  EXPECT_EQ(host_.put_resources({{"machines/press", R"({"hall": "north"})"}, {"halls/north", "{}"}}), "");
  EXPECT_EQ(host_.put_resource("halls", "north", "{}"), "");  // nothing new
  EXPECT_EQ(host_.remove_resource("machines", "press"), "");
  EXPECT_THAT(watcher.as<Watcher>().heard, ElementsAre("+machines/press +halls/north ", "-machines/press "));
}

TEST_F(Resources, TypesAreDescribedToWhoeverAsks) {
  auto watcher = host_.load<Watcher>();
  EXPECT_EQ(watcher.get("/machines").body(), "halls machines machines by serial{ hall>halls|yard");
  EXPECT_EQ(watcher.get("/mills").body(), "halls machines ");
}

/// Knows the tools that machines have.
class ToolService final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "tools", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};
  trellis::Result<void> configure(const trellis::Config&) override {
    return declare_resources(
        *this, {.name = "tools", .schema = trellis::Schema{}.integer("size").json(), .parent = "machines"});
  }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    for (const auto& one : changes) heard.emplace_back(one.either().name());
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override {
    trellis::with_resource_type(host(), "tools", [&](const trellis::ResourceTypeRules& rules) {
      reply.text(std::string(rules.name) + " of " + std::string(rules.parent));
    });
  }

  std::vector<std::string> heard;
};

TEST_F(Resources, WhatBelongsToAnotherTypesNeedsIt) {
  auto tools = host_.load<ToolService>();
  EXPECT_EQ(tools.get("/").body(), "tools of machines");
  EXPECT_EQ(host_.put_resource("tools", "press/drill", "{}"), "its parent machines/press is not there");
  EXPECT_EQ(host_.put_resources({{"tools/press/drill", "{}"}, {"machines/press", "{}"}}), "");
  EXPECT_EQ(host_.remove_resource("machines", "press"), "machines/press cannot go: tools/press/drill belongs to it");
  EXPECT_THAT(host_.put_resource("tools", "drill", "{}"), HasSubstr("has the name of one of machines, a \"/\""));
  EXPECT_EQ(host_.remove_resource("tools", "press/drill"), "");
  EXPECT_EQ(host_.remove_resource("machines", "press"), "");
  EXPECT_THAT(tools.as<ToolService>().heard, ElementsAre("press/drill", "press/drill"));
}

class Wrong final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "wrong", .version = "1.0.0"};
  trellis::Result<void> configure(const trellis::Config&) override {
    return declare_resources(*this, {.name = "things", .schema = trellis::Schema{}.json(), .key = "serial"});
  }
  void on_request(const trellis::Request&, trellis::Reply) override {}
};

TEST(ResourceTypes, WrongOnesAreRefused) {
  TestHost host;
  EXPECT_THAT(host.refusal<Wrong>("{}"), HasSubstr("its schema has no property \"serial\""));
}

}  // namespace

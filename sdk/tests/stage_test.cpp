// Stages through the C tables.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <trellis/stage.hpp>
#include <trellis/testing/test_host.hpp>

namespace trellis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TopicPrefix final : public Stage {
 public:
  static constexpr PluginInfo kInfo{.id = "stage-topic-prefix",
                                    .version = "1.0.0",
                                    .summary = "Drops every message published outside one topic prefix."};

  static Schema schema() {
    return Schema{}
        .text("prefix", {.help = "Topics must start with this.", .required = true})
        .example(R"({"prefix": "sensors/"})");
  }

  Result<void> configure(const Config& config) override {
    prefix_ = config.text("prefix");
    return ok();
  }

  void on_messages(MessageBatch batch) noexcept override {
    batch.judge(
        [&](const Message& message) { return message.topic().starts_with(prefix_) ? Verdict::pass : Verdict::drop; });
  }

 private:
  std::string prefix_;
};

TEST(Stage, DropsWhatIsOutsideThePrefix) {
  testing::TestHost host;
  auto filter = host.load<TopicPrefix>(R"({"prefix": "sensors/"})");

  EXPECT_EQ(filter.publish("sensors/7/temp", "21"), Verdict::pass);
  EXPECT_EQ(filter.publish("admin/reboot", ""), Verdict::drop);
}

TEST(Stage, IsRefusedWithoutItsRequiredSetting) {
  testing::TestHost host;
  EXPECT_EQ(host.refusal<TopicPrefix>("{}"),
            "settings:1:1: error: the key \"prefix\" is missing\n"
            "    1 | {}\n"
            "      | ^");
  EXPECT_EQ(host.refusal<TopicPrefix>(R"({"prefix": "a"})"), "");
}

/// Moves, copies and counts, by topic.
class Switchboard final : public Stage {
 public:
  static constexpr PluginInfo kInfo{.id = "stage-switchboard", .version = "1.0.0"};

  struct ShardState {
    int seen = 0;
  };

  Result<void> start() override {
    moved_ = host().counter("moved_total", "Messages moved.");
    return ok();
  }

  void on_messages(MessageBatch batch) noexcept override {
    batch.shard().state<ShardState>().seen += static_cast<int>(batch.size());
    for (auto item : batch) {
      const Message message = item.message();
      if (message.topic() == "move") {
        moved_.add(batch.shard());
        item.replace(Publication::of(message).topic("moved").user_property("from", message.topic()));
      } else if (message.topic() == "bad") {
        item.replace(Publication::of(message).topic("a/#"));
      } else if (message.topic() == "forget") {
        continue;
      } else {
        batch.copy(Publication("copies", message.payload()).qos(1).retain());
        item.pass();
      }
    }
  }

 private:
  Metric moved_;
};

TEST(Stage, ReplacesWithEverythingElseKept) {
  testing::TestHost host;
  auto stage = host.load<Switchboard>();
  EXPECT_EQ(stage.publish({.topic = "move", .payload = "x", .qos = 2, .content_type = "text/plain"}),
            Verdict::replaced);
  ASSERT_TRUE(stage.replacement());
  EXPECT_EQ(stage.replacement()->topic, "moved");
  EXPECT_EQ(stage.replacement()->qos, 2u);
  EXPECT_EQ(stage.replacement()->content_type, "text/plain");
  EXPECT_THAT(stage.replacement()->user_properties, ElementsAre(std::pair("from", "move")));
  EXPECT_EQ(host.metric("moved_total"), 1);
}

TEST(Stage, DropsWhatCannotBeReplaced) {
  testing::TestHost host;
  auto stage = host.load<Switchboard>();
  EXPECT_EQ(stage.publish("bad"), Verdict::drop);
}

TEST(Stage, CopiesBehindTheBatch) {
  testing::TestHost host;
  auto stage = host.load<Switchboard>();
  const auto outcomes = stage.judge({{.topic = "a", .payload = "1"}, {.topic = "b", .payload = "2"}});
  EXPECT_EQ(outcomes[1].verdict, Verdict::pass);
  ASSERT_EQ(stage.copies().size(), 2u);
  EXPECT_EQ(stage.copies()[1].payload, "2");
  EXPECT_TRUE(stage.copies()[1].retain);
}

TEST(Stage, KeepsStatePerShard) {
  testing::TestHost host({.shards = 2});
  auto stage = host.load<Switchboard>();
  stage.judge({{.topic = "a"}, {.topic = "a"}}, "default", 1);
  const auto seen = [&](std::uint32_t shard) {
    return static_cast<Shard*>(stage.instance().shard(shard))->state<Switchboard::ShardState>().seen;
  };
  EXPECT_EQ(seen(0), 0);
  EXPECT_EQ(seen(1), 2);
}

TEST(Stage, IsReportedWhenItForgetsAVerdict) {
  testing::TestHost host;
  auto stage = host.load<Switchboard>();
  EXPECT_EQ(stage.publish("forget"), Verdict::unset);
  EXPECT_THAT(host.take_violations(), ElementsAre("plugin 'stage-switchboard' left a message without verdict"));
}

}  // namespace
}  // namespace trellis

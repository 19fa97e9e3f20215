// Stages: what they let pass, drop, replace and add.
#include "route/filter_chain.hpp"

#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "message/publication.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::publication;

/// A stage that judges one message after the other.
struct FakeStage {
  using Judge = std::function<std::uint32_t(trellis_batch*, const trellis_message&, std::uint32_t)>;
  explicit FakeStage(Judge function) : judge(std::move(function)) {}
  Judge judge;
  int calls = 0;

  StageBinding binding() {
    static const trellis_stage table{sizeof table,
                                     [](void* shard, trellis_batch* batch, const trellis_message* const* messages,
                                        std::uint32_t* verdicts, std::uint32_t count) {
                                       auto& self = *static_cast<FakeStage*>(shard);
                                       ++self.calls;
                                       for (std::uint32_t i = 0; i < count; ++i)
                                         verdicts[i] = self.judge(batch, *messages[i], i);
                                     }};
    return {"fake", &table, this};
  }
};

FakeStage verdict(std::uint32_t value) {
  return FakeStage([value](trellis_batch*, const trellis_message&, std::uint32_t) { return value; });
}

/// What is left: payloads, and where each came from.
struct Left {
  std::vector<std::string> payloads;
  std::vector<std::size_t> origin;
  FilterChain::Result result;
};

Left run(std::vector<StageBinding> stages, const std::vector<std::string>& payloads) {
  std::vector<MessagePtr> messages;
  std::vector<const Message*> pointers;
  for (const std::string& payload : payloads) {
    messages.push_back(make_message(publication("t", payload), 1, "publisher", "identity", 9));
    pointers.push_back(messages.back().get());
  }
  Left left;
  left.result = FilterChain("n", std::move(stages)).run(pointers.data(), pointers.size(), 77);
  for (const Message* message : left.result.out) left.payloads.emplace_back(message->payload());
  left.origin = left.result.origin;
  return left;
}

TEST(FilterChain, WithoutStagesEverythingPasses) {
  EXPECT_TRUE(FilterChain().empty());
  EXPECT_THAT(run({}, {"a", "b"}).payloads, ElementsAre("a", "b"));
}

TEST(FilterChain, DropsWhatAStageDrops) {
  FakeStage stage([](trellis_batch*, const trellis_message& message, std::uint32_t) {
    return std::uint32_t{text_of(message.payload) == "b" ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS};
  });
  const Left left = run({stage.binding()}, {"a", "b", "c"});
  EXPECT_THAT(left.payloads, ElementsAre("a", "c"));
  EXPECT_THAT(left.origin, ElementsAre(0, 2));
  EXPECT_EQ(left.result.dropped, 1u);
}

TEST(FilterChain, CountsWhatAnyStageDropped) {
  const auto unless = [](std::string_view payload) {
    return FakeStage([payload](trellis_batch*, const trellis_message& message, std::uint32_t) {
      return std::uint32_t{text_of(message.payload) == payload ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS};
    });
  };
  FakeStage first = unless("a");
  FakeStage second = unless("b");
  EXPECT_EQ(run({first.binding(), second.binding()}, {"a", "b", "c", "a"}).result.dropped, 3u);
}

TEST(FilterChain, AForgottenOrUnknownVerdictDrops) {
  for (const std::uint32_t wrong : {std::uint32_t{TRELLIS_VERDICT_UNSET}, 77u}) {
    FakeStage stage = verdict(wrong);
    EXPECT_THAT(run({stage.binding()}, {"a"}).payloads, IsEmpty());
  }
}

TEST(FilterChain, ReplacedGoesOnEditedWithTheSameSender) {
  FakeStage stage([](trellis_batch* batch, const trellis_message&, std::uint32_t index) -> std::uint32_t {
    const std::string payload = "edited";
    const trellis_publication edited = publication("other/topic", payload, 2);
    EXPECT_EQ(stage_table().replace(batch, index, &edited), TRELLIS_OK);
    return TRELLIS_VERDICT_REPLACED;
  });
  const Left left = run({stage.binding()}, {"a"});
  ASSERT_EQ(left.result.out.size(), 1u);
  const Message& message = *left.result.out[0];
  EXPECT_EQ(message.payload(), "edited");
  EXPECT_EQ(message.topic(), "other/topic");
  EXPECT_EQ(message.origin(), 9u);
  EXPECT_EQ(text_of(message.facts().publisher), "publisher");
  EXPECT_EQ(text_of(message.facts().publisher_identity), "identity");
  EXPECT_EQ(message.facts().published_at_ms, 77);
  EXPECT_THAT(left.origin, ElementsAre(0));
}

TEST(FilterChain, ReplacedWithoutReplacementDrops) {
  FakeStage stage = verdict(TRELLIS_VERDICT_REPLACED);
  EXPECT_THAT(run({stage.binding()}, {"a"}).payloads, IsEmpty());
}

TEST(FilterChain, ReplacementsNeedATopicNameAndAMessageOfTheBatch) {
  FakeStage stage([](trellis_batch* batch, const trellis_message&, std::uint32_t) -> std::uint32_t {
    const trellis_publication wildcard = publication("a/+", "x");
    const trellis_publication right = publication("a", "x");
    EXPECT_EQ(stage_table().replace(batch, 0, &wildcard), TRELLIS_INVALID);
    EXPECT_EQ(stage_table().copy(batch, &wildcard), TRELLIS_INVALID);
    EXPECT_EQ(stage_table().replace(batch, 5, &right), TRELLIS_INVALID);
    EXPECT_EQ(text_of(stage_table().name_space(batch)), "n");
    EXPECT_EQ(stage_table().publisher(batch), nullptr) << "nobody said who it is";
    return TRELLIS_VERDICT_PASS;
  });
  EXPECT_THAT(run({stage.binding()}, {"a"}).payloads, ElementsAre("a"));
}

TEST(FilterChain, CopiesGoBehindAndPassLaterStagesOnly) {
  FakeStage copying([](trellis_batch* batch, const trellis_message&, std::uint32_t) -> std::uint32_t {
    const trellis_publication copied = publication("copies", "copy");
    EXPECT_EQ(stage_table().copy(batch, &copied), TRELLIS_OK);
    return TRELLIS_VERDICT_PASS;
  });
  int seen = 0;
  FakeStage counting([&](trellis_batch*, const trellis_message&, std::uint32_t) {
    ++seen;
    return std::uint32_t{TRELLIS_VERDICT_PASS};
  });
  const Left left = run({copying.binding(), counting.binding()}, {"a", "b"});
  EXPECT_THAT(left.payloads, ElementsAre("a", "b", "copy", "copy"));
  EXPECT_THAT(left.origin, ElementsAre(0, 1, SIZE_MAX, SIZE_MAX));
  EXPECT_EQ(copying.calls, 1);
  EXPECT_EQ(seen, 4);
}

TEST(FilterChain, StagesSeeWhatEarlierOnesMade) {
  const auto append = [](const char* suffix) {
    return FakeStage(
        [suffix](trellis_batch* batch, const trellis_message& message, std::uint32_t index) -> std::uint32_t {
          const std::string payload = std::string(text_of(message.payload)) + suffix;
          const trellis_publication edited = publication("t", payload);
          stage_table().replace(batch, index, &edited);
          return TRELLIS_VERDICT_REPLACED;
        });
  };
  FakeStage first = append("1");
  FakeStage second = append("2");
  EXPECT_THAT(run({first.binding(), second.binding()}, {"a", "b"}).payloads, ElementsAre("a12", "b12"));
}

TEST(FilterChain, NothingLeftAsksNobodyElse) {
  FakeStage dropping = verdict(TRELLIS_VERDICT_DROP);
  FakeStage next = verdict(TRELLIS_VERDICT_PASS);
  EXPECT_THAT(run({dropping.binding(), next.binding()}, {"a"}).payloads, IsEmpty());
  EXPECT_EQ(next.calls, 0);
}

}  // namespace
}  // namespace trellis::kernel

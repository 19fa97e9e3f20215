#include "dead_letters/letter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/config.hpp>

#include "dead_letters/letter_id.hpp"
#include "dead_letters/members.hpp"

namespace events_service {
namespace {

constexpr std::string_view kEvent =
    R"({ "specversion" : "1.0","id":"a-1","source":"/shop","type":"order.created","data":{"total": 1.50, "x":[{}]} })";

DeadLetter letter(std::string_view event, Fate fate = Fate::exhausted, std::uint32_t deliveries = 10) {
  return {.name_space = 0,
          .topic = "orders",
          .subscription = "audit",
          .event = event,
          .fate = fate,
          .deliveries = deliveries,
          .published_unix_ms = 1'714'557'600'123,
          .last_unix_ms = 1'714'559'400'456};
}

// Every field of the format, with its type.
TEST(Letter, ARecordHasTheFieldsOfTheFormat) {
  EXPECT_EQ(letter_record(letter(kEvent)),
            R"({"event":)" + std::string(kEvent) +
                R"(,"customDeliveryProperties":{},"deadLetterProperties":{)"
                R"("deadletterreason":"Maximum delivery attempts was exceeded.","deliveryattempts":10,)"
                R"("deliveryresult":"Event was not acknowledged nor rejected.",)"
                R"("publishutc":"2024-05-01T10:00:00.123Z","deliveryattemptutc":"2024-05-01T10:30:00.456Z"}})");
  EXPECT_TRUE(trellis::Config::parse(letter_record(letter(kEvent))));
}

TEST(Letter, SaysWhyItWasGivenUp) {
  EXPECT_EQ(reason_of(Fate::rejected), "Event was rejected.");
  EXPECT_EQ(result_of(Fate::rejected, 1, 0), "Event was rejected.");
  EXPECT_EQ(reason_of(Fate::expired), "Time to live was exceeded.");
  EXPECT_EQ(result_of(Fate::expired, 0, 0), "Event was not delivered.");
  EXPECT_EQ(result_of(Fate::expired, 3, 0), "Event was not acknowledged nor rejected.");
}

TEST(Letter, AnEventGetsAttributesBehindItsLastMember) {
  const std::string more =
      R"("deadletterreason":"Event was rejected.","deliveryattempts":2,"deadlettersource":"orders/audit",)"
      R"("publishutc":"2024-05-01T10:00:00.123Z","deliveryattemptutc":"2024-05-01T10:30:00.456Z")";
  const auto event = letter_event(letter(kEvent, Fate::rejected, 2));
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, std::string(kEvent.substr(0, kEvent.size() - 2)) + "," + more + " }");
  EXPECT_EQ(without_letter_attributes(*event), kEvent);
}

TEST(Letter, OneThatIsBuriedAgainDoesNotGrow) {
  const auto once = letter_event(letter(kEvent, Fate::rejected, 2));
  DeadLetter second = letter(*once, Fate::expired, 0);
  second.topic = "dead";
  second.subscription = "all";
  const auto twice = letter_event(second);
  ASSERT_TRUE(twice);
  EXPECT_THAT(*twice, ::testing::HasSubstr(R"("deadlettersource":"dead/all")"));
  EXPECT_THAT(*twice, ::testing::Not(::testing::HasSubstr("orders/audit")));
  EXPECT_EQ(without_letter_attributes(*twice), kEvent);
}

TEST(Letter, KnowsWhereItIsFrom) {
  const auto source = source_of(*letter_event(letter(kEvent)));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->topic, "orders");
  EXPECT_EQ(source->subscription, "audit");
  EXPECT_FALSE(source_of(kEvent));
  for (const char* bad : {"5", "null", R"("")", R"("/")", R"("a")", R"("a/")", R"("/b")", R"("a/b/c")",
                          R"("a\\u002fb")", R"({"a":"b"})"}) {
    EXPECT_FALSE(source_of(R"({"deadlettersource":)" + std::string(bad) + "}")) << bad;
  }
}

TEST(Members, AreTakenApartAndPutTogether) {
  const auto cut = [](std::string_view text, std::string_view more = "") {
    static constexpr std::array<std::string_view, 2> kWithout{"a", "c"};
    return with_members(text, kWithout, more).value_or("broken");
  };
  EXPECT_EQ(cut("{}"), "{}");
  EXPECT_EQ(cut("{ }", R"("x":1)"), R"({"x":1 })");
  EXPECT_EQ(cut(R"({"a":1})"), "{}");
  EXPECT_EQ(cut(R"({"a":1,"b":2})", R"("x":1)"), R"({"b":2,"x":1})");
  EXPECT_EQ(cut(R"({"b":2, "a":1 ,"d":[1,{"c":"}\"]"}], "c":null})"), R"({"b":2 ,"d":[1,{"c":"}\"]"}]})");
  for (const char* bad : {"", "[", "{", "[]", "{\"b\"", "{\"b\":", "{\"b\":1", "{\"b\":1,", "{\"b\":1,}", "{\"b\":}",
                          "{b:1}", "{\"b\":1}x", "{\"b\" 1}", "{\"b\":\"}", "{\"b\":[}", "{\"b\":\"\\\"}", "{,}"}) {
    EXPECT_EQ(cut(bad), "broken") << bad;
  }
}

// Nothing is recursive here, and every cut of a text is survived.
TEST(Members, DepthAndCutTextsDoNoHarm) {
  const std::string deep = "{\"x\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_EQ(members_of(deep)->size(), 1u);
  const std::string text = letter_record(letter(kEvent));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(members_of(text.substr(0, size))) << size;
  EXPECT_EQ(elements_of(" [1 , {\"a\":[2]},\"]\" ] ")->size(), 3u);
  EXPECT_FALSE(elements_of("[1,]"));
  EXPECT_FALSE(elements_of("{}"));
}

TEST(LetterId, IsInTheOrderOfItsTime) {
  LetterIds ids;
  std::string before;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = ids.make(1'714'557'600'123 + i / 9000);
    EXPECT_LT(before, id);
    ASSERT_TRUE(time_of_letter_id(id)) << id;
    before = id;
  }
  LetterIds others;
  EXPECT_EQ(time_of_letter_id(others.make(1'714'557'600'123)), 1'714'557'600'123);
}

TEST(LetterId, OthersAreNone) {
  for (const char* bad : {"", "..", "018f338c-3c7b-4000-8000-000000000000", "018f338c-3c7b-7000-c000-000000000000",
                          "018F338C-3C7B-7000-8000-000000000000", "018f338c-3c7b-7000-8000-00000000000",
                          "018f338c-3c7b-7000-8000-0000000000/0", "018f338c-3c7b-7000-8000-0000000000000"}) {
    EXPECT_FALSE(time_of_letter_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace events_service

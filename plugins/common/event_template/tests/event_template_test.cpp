// Names made of attributes, and events in their parts.
#include "common/event_template/event_template.hpp"

#include <gtest/gtest.h>

namespace event_template {
namespace {

/// A message with that payload.
class Sample {
 public:
  explicit Sample(std::string payload) : payload_(std::move(payload)) {
    message_.struct_size = sizeof(message_);
    message_.payload = trellis::view(payload_);
  }
  trellis::Message get() const { return &message_; }

 private:
  std::string payload_;
  trellis_message message_{};
};

const Sample kEvent(
    R"({"specversion":"1.0","id":"7","source":"/shop","type":"order.created","count":5,"data":{"a":1}})");

std::string filled(std::string_view text) {
  const auto parsed = EventTemplate::parse(text);
  if (!parsed) return "refused: " + parsed.error().text;
  auto& event = OpenedEvent::here();
  EXPECT_TRUE(event.open(kEvent.get()));
  const auto made = parsed->fill(event, [](char c) { return c == '.' ? '_' : c; });
  return made ? *made : "none: " + made.error().text;
}

TEST(EventTemplate, HasPlacesForAttributes) {
  EXPECT_EQ(filled("orders"), "orders");
  EXPECT_EQ(filled("a.{type}.{count}!"), "a.order_created.5!");
  EXPECT_EQ(filled("{source}{id}"), "/shop7");
  EXPECT_EQ(filled("{subject|no.one}/x"), "no_one/x");
  EXPECT_EQ(filled("{subject|}x"), "x");
  EXPECT_EQ(filled("{{{id}}}"), "{7}");
  EXPECT_EQ(filled("{datacontenttype}"), "application/json");
}

TEST(EventTemplate, SaysWhatIsMissing) {
  EXPECT_EQ(filled("{subject}"), R"(none: the event has no attribute "subject", which its name there is made of)");
  EXPECT_EQ(filled("{type}" + std::string(1018, 'x')).substr(0, 34), "none: the name made of the event's");
}

TEST(EventTemplate, SaysWhatIsWrong) {
  EXPECT_EQ(filled("a{id"), "refused: found a single '{' at byte 1, expected {attribute}; a brace itself is doubled");
  EXPECT_EQ(filled("id}"), "refused: found a single '}' at byte 2, expected {attribute}; a brace itself is doubled");
  EXPECT_EQ(filled("{data.x}"),
            R"(refused: found "data.x", expected the name of an attribute, of small letters and digits)");
  EXPECT_EQ(filled(""), "refused: has 0 bytes; expected 1 to 1024");
  EXPECT_EQ(filled(std::string(1025, 'x')), "refused: has 1025 bytes; expected 1 to 1024");
}

TEST(OpenedEvent, HasItsParts) {
  auto& event = OpenedEvent::here();
  ASSERT_TRUE(event.open(kEvent.get()));
  EXPECT_EQ(event.data(), R"({"a":1})");
  EXPECT_EQ(event.attribute("count"), "5");
  EXPECT_EQ(event.attribute("subject"), std::nullopt);
  EXPECT_EQ(event.json(), kEvent.get().payload());
  const Sample other("21 degrees");
  EXPECT_FALSE(event.open(other.get()));
}

}  // namespace
}  // namespace event_template

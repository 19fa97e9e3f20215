// What of an event stands in which column.
#include "fixture.hpp"

namespace postgres {
namespace {

using namespace postgres::testing;

/// A message with that payload.
class Payload {
 public:
  explicit Payload(std::string text) : text_(std::move(text)) {
    message_.struct_size = sizeof(message_);
    message_.payload = trellis::view(text_);
  }
  trellis::Message get() const { return &message_; }

 private:
  std::string text_;
  trellis_message message_{};
};

/// The columns, or why there are none.
std::vector<std::string> row(const std::string& columns, const std::string& payload) {
  const auto config = trellis::Config::parse(block(columns.empty() ? "" : R"(, "columns": )" + columns)).value();
  const auto target = read_target(config, {}).value();
  Row made;
  const Payload message(payload);
  if (const auto verdict = target->compose(message.get(), made)) {
    EXPECT_EQ(verdict->outcome, common::Outcome::refused);
    return {verdict->reason};
  }
  std::vector<std::string> out;
  for (const auto& value : made.values) out.push_back(value.value_or("NULL"));
  return out;
}

using Texts = std::vector<std::string>;

TEST(Rows, HaveSourceIdAndEventUnlessSomethingElseIsSaid) {
  EXPECT_EQ(row({}, event().payload), (Texts{"/shop", "a-1", event().payload}));
}

TEST(Rows, HaveAttributesAndData) {
  EXPECT_EQ(row(R"([{"name": "Kind", "value": "type"}, {"name": "about", "value": "subject"},
                    {"name": "n", "value": "count"}, {"name": "d", "value": "$data"}])",
                event("a", R"(,"count":5,"data":{"n": 1})").payload),
            (Texts{"order.created", "NULL", "5", "{\"n\": 1}"}));
  EXPECT_EQ(row(R"([{"name": "b", "value": "$bytes"}])", event("a", R"(,"data_base64":"AAEC/w==")").payload),
            (Texts{"\\x000102ff"}));
}

TEST(Rows, AreNotMadeOfWhatPostgresCannotHold) {
  EXPECT_EQ(row(R"([{"name": "b", "value": "$data"}])", event("a", R"(,"data_base64":"AAEC")").payload),
            (Texts{R"(column "b": texts of PostgreSQL hold no byte 0; $bytes does)"}));
  EXPECT_EQ(row({}, "21 degrees"), (Texts{"the message is no CloudEvent in JSON"}));
}

}  // namespace
}  // namespace postgres

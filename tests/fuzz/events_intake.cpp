// What publishers send: what is accepted is JSON to its last letter, comes back as it came, and means the same however
// it is looked at.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/cloud_event/filter.hpp"
#include "common/cloud_event/json_text.hpp"
#include "common/events/answers.hpp"
#include "common/events/intake.hpp"
#include "common/events/parts.hpp"
#include "events_json.hpp"
#include "fuzz.hpp"

namespace {

using events::Event;
using events::Intake;
using trellis::fuzz::is_json;
using trellis::fuzz::require;

const std::vector<cloud_event::Filter>& filters() {
  static const auto kFilters = [] {
    std::vector<cloud_event::Filter> made;
    for (const char* json : {R"({"filters": [{"operatorType": "NumberIn", "key": "data.n", "values": [1, 2.5]}]})",
                             R"({"filters": [{"operatorType": "StringContains", "key": "subject", "values": ["x"]}]})",
                             R"({"filters": [{"operatorType": "IsNotNull", "key": "data.k"}]})",
                             R"({"filters": [{"operatorType": "IsNullOrUndefined", "key": "ext"}]})"}) {
      made.push_back(cloud_event::Filter::compile(trellis::Config::parse(json).value()).value());
    }
    return made;
  }();
  return kFilters;
}

void check_problem(const events::Problem& problem) {
  require(!problem.message.empty() && problem.status >= 400, "a refusal says why");
  std::string out;
  events::append_error(out, problem);
  require(is_json(out), "an error's body is JSON");
}

void check_event(const Event& event) {
  static Intake intake;
  require(is_json(event.json), "a stored event is JSON");
  require(!event.id.empty() && !event.source.empty() && !event.type.empty(), "required attributes are there");
  require(event.data.empty() || event.data_base64.empty(), "data is there once");
  for (const cloud_event::Filter& filter : filters()) {
    const bool passes = filter.passes(cloud_event::Event::structured(event.json, event.readable));
    require(filter.passes(event.view()) == passes, "filters see the same in views and in bytes");
  }
  require(intake.read_one(event.json) == nullptr, "what is stored is taken again");
  const Event& again = intake.events()[0];
  require(again.json == event.json && again.id == event.id && again.source == event.source, "and is the same");
  require(again.data == event.data && again.attributes.size() == event.attributes.size(), "and says the same");
  static events::Parts parts;
  parts.take(event);
  require(parts.attributes().find("id") == event.id, "parts say what the event says");
}

void check(Intake& intake, trellis::Pairs headers, std::string_view body) {
  if (const events::Problem* const problem = intake.read(headers, body)) {
    require(intake.events().empty(), "all or none");
    return check_problem(*problem);
  }
  std::vector<events::Delivery> deliveries;
  for (const Event& event : intake.events()) {
    const bool inside =
        event.json.data() >= body.data() && event.json.data() + event.json.size() <= body.data() + body.size();
    require(inside == (event.origin == Event::Origin::original), "original bytes are the body's");
    check_event(event);
    deliveries.push_back({"T", 1, event.json});
  }
  std::string out;
  events::append_received(out, deliveries);
  require(is_json(out), "an answer is JSON");
}

// Lines "name: value", an empty one, and the body.
void check_binary(Intake& intake, std::string_view text) {
  std::vector<trellis_pair> headers;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.push_back({trellis::view(line.substr(0, colon)), trellis::view(line.substr(colon + 2))});
  }
  check(intake, {headers.data(), headers.size()}, text);
  if (intake.events().empty() || intake.mode() != events::Mode::binary) return;
  events::Parts parts;
  parts.take(intake.events()[0]);
  const bool json = !intake.events()[0].data.empty() && cloud_event::is_json_type(intake.events()[0].datacontenttype);
  require(parts.data() == (json ? cloud_event::trim(text) : text), "data go round");
}

}  // namespace

// The first byte says how the rest is sent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Intake intake({.depth = 20, .text_as_text = true});
  static constexpr trellis_pair kOne{{"content-type", 12}, {"application/cloudevents+json", 28}};
  static constexpr trellis_pair kMany{{"content-type", 12}, {"application/cloudevents-batch+json", 34}};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'b') check_binary(intake, text);
  if (data[0] != 's' && data[0] != 'm') return 0;
  const trellis::Pairs headers(data[0] == 's' ? &kOne : &kMany, 1);
  check(intake, headers, text);
  // The same bytes with others behind them that may be read.
  static Intake in_place({.depth = 20});
  const std::string padded = std::string(text) + std::string(64, '"');
  const bool good = in_place.read(headers, {padded.data(), text.size()}, 64) == nullptr;
  require(good == (intake.read(headers, text) == nullptr), "padding changes nothing");
  return 0;
}

// Filters of subscriptions and the events they judge: what is refused says why, and answers do not depend on how an
// event came, who else is asked at the same time, or what was read before.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "common/cloud_event/filter_set.hpp"
#include "fuzz.hpp"

namespace {

using cloud_event::Event;
using cloud_event::Filter;
using trellis::fuzz::require;

std::shared_ptr<const Filter> compiled(std::string_view json) {
  const auto settings = trellis::Config::parse(json);
  if (!settings) return nullptr;
  auto filter = Filter::compile(*settings);
  if (!filter) {
    require(!filter.error().text.empty(), "a refusal says why");
    return nullptr;
  }
  return std::make_shared<const Filter>(std::move(filter).value());
}

// Each asks for other keys, in other ways.
const cloud_event::FilterSet::Members& usual() {
  static const auto kUsual = [] {
    cloud_event::FilterSet::Members members;
    for (const char* json :
         {"{}", R"({"includedEventTypes": ["a", "b"], "subjectEndsWith": "z"})",
          R"({"filters": [{"operatorType": "NumberIn", "key": "data.n", "values": [1, 2.5]}]})",
          R"({"filters": [{"operatorType": "StringContains", "key": "data", "values": ["x"]}]})",
          R"({"filters": [{"operatorType": "StringBeginsWith", "key": "data.k.N", "values": ["Ä", "x"]}]})",
          R"({"filters": [{"operatorType": "IsNullOrUndefined", "key": "data.K"}]})",
          R"({"advancedFilters": [{"operatorType": "NumberNotIn", "key": "data.n", "values": [1]}]})",
          R"({"filters": [{"operatorType": "NumberLessThan", "key": "ext", "value": 0.5}]})",
          R"({"cloudEventFilters": [{"exact": {"type": "a"}}, {"not": {"prefix": {"ext": "x"}}}]})",
          R"({"cloudEventFilters": [{"sql": "EXISTS ext AND ext > 1 OR UPPER(type) LIKE '%A_'"}]})"}) {
      members.emplace_back(members.size(), compiled(json));
    }
    return members;
  }();
  return kUsual;
}

void check(const Event& event, const std::shared_ptr<const Filter>& filter) {
  auto members = usual();
  if (filter != nullptr) members.emplace_back(members.size(), filter);
  const cloud_event::FilterSet set(members);
  std::vector<cloud_event::FilterSet::Id> found;
  set.find(event, found);
  for (const auto& [id, each] : members) {
    const bool expected = each->passes(event);
    require((std::ranges::count(found, id) == 1) == expected, "a set answers as each filter does");
    require(each->passes(event) == expected, "an answer stays the same");
  }
}

}  // namespace

// A filter, a zero byte, and an event.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = input.find('\0');
  const auto filter = compiled(input.substr(0, zero));
  const std::string_view text = zero == std::string_view::npos ? input : input.substr(zero + 1);
  check(Event::structured(text), filter);
  check(Event::event_grid(text), filter);
  check(Event::binary({}, text, "application/json"), filter);
  check(Event::binary({}, text, std::nullopt, true), filter);
  // The same bytes with others behind them that may be read.
  const std::string padded = std::string(text) + std::string(64, '"');
  const Event in_place = Event::structured({padded.data(), text.size()}, 64);
  if (filter != nullptr) {
    require(filter->passes(in_place) == filter->passes(Event::structured(text)), "padding changes nothing");
  }
  return 0;
}

// What judging an event of 1 KiB costs: by one subscription's filters, and by many subscriptions at once.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "common/cloud_event/filter_index.hpp"

namespace {

using cloud_event::Event;
using cloud_event::Filter;

std::string number(std::size_t i) { return std::to_string(i); }

// A reading with 25 numbers and texts in its data, 1,024 bytes long.
std::string event() {
  std::string out =
      R"({"specversion": "1.0", "id": "7c0f2b4e-9b1d-4a56-8d0e-2f6f5a1c9e11", "source": "/plants/7", )"
      R"("type": "plant.reading.3", "subject": "halls/4/motors/17", "time": "2026-07-24T08:31:07.1234567Z", )"
      R"("datacontenttype": "application/json", "data": {"customer": "c-7")";
  for (std::size_t i = 0; i < 25; ++i) {
    const std::string value = i % 2 == 0 ? number(i * 100) + ".5" : "\"State-" + number(i) + "\"";
    out += ", \"k" + number(i) + "\": " + value;
  }
  const std::string end = R"(, "note": ")";
  return out + end + std::string(1024 - out.size() - end.size() - 3, 'n') + "\"}}";
}

Filter filter(std::size_t count) {
  std::string out = R"({"filters": [)";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = (i == 0 ? "" : ", ") + std::string(R"({"key": "data.k)") + number(i) + "\", ";
    out += key + (i % 2 == 0 ? R"("operatorType": "NumberGreaterThan", "value": )" + number(i) + "}"
                             : R"("operatorType": "StringIn", "values": ["state-)" + number(i) + "\"]}");
  }
  return Filter::compile(trellis::Config::parse(out + "]}").value()).value();
}

// Of 20 types, 50 customers and 10 halls; some 1 in 1,000 events passes.
Filter subscription(std::size_t i) {
  std::string out = R"({"includedEventTypes": ["plant.reading.)" + number(i % 20) + R"("], "filters": [)";
  out += R"({"operatorType": "StringIn", "key": "data.customer", "values": ["c-)" + number(i % 50) + "\"]}, ";
  out += R"({"operatorType": "StringBeginsWith", "key": "subject", "values": ["halls/)" + number(i % 10) + "/\"]}, ";
  out += R"({"operatorType": "NumberGreaterThan", "key": "data.k4", "value": )" + number(i % 500) + "}]}";
  return Filter::compile(trellis::Config::parse(out).value()).value();
}

// The least of several runs, in nanoseconds a call.
template <class Call>
double nanoseconds(const Call& call) {
  double least = 1e18;
  for (int run = 0; run < 7; ++run) {
    std::size_t calls = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::duration<double, std::nano> passed{};
    while (passed.count() < 5e7) {
      for (int i = 0; i < 64; ++i) call();
      calls += 64;
      passed = std::chrono::steady_clock::now() - begin;
    }
    least = std::min(least, passed.count() / static_cast<double>(calls));
  }
  return least;
}

}  // namespace

int main() {
  const std::string text = event();
  const std::string padded = text + std::string(64, ' ');
  std::size_t passed = 0;
  std::printf("an event of %zu bytes in structured mode, in ns\n\n", text.size());
  for (const std::size_t count : {1U, 5U, 25U}) {
    const Filter one = filter(count);
    const double copied = nanoseconds([&] { passed += one.passes(Event::structured(text)) ? 1 : 0; });
    const double in_place = nanoseconds([&] {
      passed += one.passes(Event::structured({padded.data(), text.size()}, 64)) ? 1 : 0;
    });
    std::printf("%4zu filters: %6.0f, in place %6.0f\n", count, copied, in_place);
  }
  const Filter type = Filter::compile(trellis::Config::parse(R"({"includedEventTypes": ["x"]})").value()).value();
  const char* const kSql =
      R"({"cloudEventFilters": [{"sql": "type LIKE 'plant.%' AND subject = 'halls/4/motors/17'"}]})";
  const Filter sql = Filter::compile(trellis::Config::parse(kSql).value()).value();
  std::printf("an expression: %6.0f\n", nanoseconds([&] { passed += sql.passes(Event::structured(text)) ? 1 : 0; }));
  std::printf("type alone: %6.0f\n\n", nanoseconds([&] { passed += type.passes(Event::structured(text)) ? 1 : 0; }));
  for (const std::size_t count : {10U, 100U, 500U}) {
    std::vector<Filter> alone;
    std::vector<std::pair<cloud_event::FilterIndex::Id, Filter>> members;
    for (std::size_t i = 0; i < count; ++i) {
      alone.push_back(subscription(i));
      members.emplace_back(i, alone.back());
    }
    cloud_event::FilterIndex index;
    index.add(std::move(members));
    const double by_index =
        nanoseconds([&] { index.match(Event::structured(text), [&](std::uint64_t id) { passed += id; }); });
    const double each = nanoseconds([&] {
      for (const Filter& one : alone) passed += one.passes(Event::structured(text)) ? 1 : 0;
    });
    std::printf("%4zu subscriptions: by index %6.0f, each by itself %8.0f\n", count, by_index, each);
  }
  return passed == 0 ? 1 : 0;
}

// How long it takes to judge one event. Usage: bench_predicate_cesql [milliseconds per line]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/cesql/filter.hpp"
#include "message_attributes.hpp"

namespace {

using Clock = std::chrono::steady_clock;

/// A message as the kernel hands it over.
class Sample {
 public:
  Sample(std::string payload, std::string content_type, std::vector<std::pair<std::string, std::string>> properties)
      : payload_(std::move(payload)), content_type_(std::move(content_type)), properties_(std::move(properties)) {
    for (const auto& [name, value] : properties_) pairs_.push_back({trellis::view(name), trellis::view(value)});
    raw_.struct_size = sizeof raw_;
    raw_.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
    raw_.payload = trellis::view(payload_);
    raw_.content_type = trellis::view(content_type_);
    raw_.user_properties = pairs_.data();
    raw_.user_property_count = static_cast<std::uint32_t>(pairs_.size());
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
  const trellis_message* raw() const { return &raw_; }

 private:
  std::string payload_;
  std::string content_type_;
  std::vector<std::pair<std::string, std::string>> properties_;
  std::vector<trellis_pair> pairs_;
  trellis_message raw_{};
};

/// The best of five runs, in nanoseconds per event.
double measure(const cesql::Filter& filter, const Sample& sample, std::chrono::milliseconds time) {
  const trellis::Message message(sample.raw());
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    std::size_t judged = 0;
    std::size_t passed = 0;
    const auto begin = Clock::now();
    auto now = begin;
    while (now - begin < time) {
      for (int i = 0; i < 1000; ++i, ++judged) {
        cesql::MessageAttributes attributes(message, 1U << 20U);
        passed += filter.matches(attributes, nullptr) ? 1 : 0;
      }
      now = Clock::now();
    }
    if (passed != judged) std::exit(1);  // every line passes, so that nothing is left out
    best = std::min(best, std::chrono::duration<double, std::nano>(now - begin).count() / static_cast<double>(judged));
  }
  return best;
}

cesql::Filter filter(const std::string& sql) {
  return cesql::Filter::read(trellis::Config::parse(R"({"sql": )" + trellis::json::quote(sql) + "}").value()).value();
}

std::string event(std::size_t data) {
  return R"({"specversion":"1.0","id":"0b7c4d2e-7f55","source":"https://example.org/ovens/3","type":"org.example.baked",)"
         R"("subject":"oven/3","time":"2024-05-01T10:00:00Z","datacontenttype":"application/json","level":7,"data":{"x":")" +
         std::string(data, 'x') + "\"}}";
}

}  // namespace

int main(int count, char** arguments) {
  const std::chrono::milliseconds time(count > 1 ? std::atoi(arguments[1]) : 100);
  const Sample binary("crisp", "text/plain",
                      {{"specversion", "1.0"},
                       {"id", "0b7c4d2e-7f55"},
                       {"source", "https://example.org/ovens/3"},
                       {"type", "org.example.baked"},
                       {"subject", "oven/3"},
                       {"time", "2024-05-01T10:00:00Z"},
                       {"level", "7"}});
  const Sample small(event(100), "application/cloudevents+json", {});
  const Sample large(event(16384), "application/cloudevents+json", {});
  std::printf("%-98s %8s %8s %8s\n", "expression", "binary", "400 B", "16 KiB");
  for (const char* sql :
       {"TRUE", "type = 'org.example.baked'", "level > 5 AND level * 2 < 100", "source LIKE 'https://%/ovens/_'",
        "type IN ('a', 'b', 'c', 'd', 'org.example.baked')", "UPPER(CONCAT(type, '/', subject)) LIKE '%BAKED/OVEN%'",
        "(type = 'x' OR type LIKE '%.baked') AND EXISTS subject AND SUBSTRING(subject, -1) IN ('1', '2', '3')"}) {
    const cesql::Filter compiled = filter(sql);
    std::printf("%-98s %8.0f %8.0f %8.0f\n", sql, measure(compiled, binary, time), measure(compiled, small, time),
                measure(compiled, large, time));
  }
  return 0;
}

#include "predicate.hpp"

#include <utility>

#include "message_attributes.hpp"

namespace cesql {
namespace {

/// The plugin outlives what it compiled, so its counters are borrowed.
class EventCondition final : public trellis::Condition {
 public:
  EventCondition(Filter filter, std::size_t event_bytes, const ErrorCounters& errors)
      : filter_(std::move(filter)), event_bytes_(event_bytes), errors_(errors) {}

  bool matches(const trellis::Message& message) const noexcept override {
    MessageAttributes attributes(message, event_bytes_);
    return filter_.matches(attributes, &errors_);
  }

 private:
  Filter filter_;
  std::size_t event_bytes_;
  const ErrorCounters& errors_;
};

}  // namespace

trellis::Schema CesqlPredicate::schema() {
  return trellis::Schema{}
      .bytes("event_bytes",
             {.help = "Largest payload of an event in structured mode that is looked into; a larger one has no "
                      "attributes. Each shard keeps about twice as much memory once it saw one that large.",
              .fallback = "1MiB",
              .minimum = "1KiB",
              .maximum = "16MiB"})
      .example(R"({"event_bytes": "64KiB"})");
}

trellis::Result<void> CesqlPredicate::configure(const trellis::Config& config) {
  event_bytes_ = static_cast<std::size_t>(config.integer("event_bytes"));
  return trellis::ok();
}

trellis::Result<void> CesqlPredicate::start() {
  errors_ = error_counters(host(), "trellis_cesql_errors_total",
                           "Expressions of CESQL that ended with an error, which is no match.");
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Condition>> CesqlPredicate::compile(const trellis::Config& filter) {
  auto read = Filter::read(filter);
  if (!read) return read.error();
  return std::make_unique<EventCondition>(std::move(read).value(), event_bytes_, errors_);
}

}  // namespace cesql

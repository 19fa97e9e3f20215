#include "event_grid.hpp"

#include <utility>

namespace event_grid {
namespace {

class Chosen final : public trellis::Condition {
 public:
  Chosen(cloud_event::Filter filter, std::string source) : filter_(std::move(filter)), source_(std::move(source)) {}

  bool matches(const trellis::Message& message) const noexcept override {
    return filter_.passes(cloud_event::Event::of(message, source_));
  }

 private:
  const cloud_event::Filter filter_;
  const std::string source_;
};

}  // namespace

trellis::Schema EventGrid::schema() {
  return trellis::Schema{}
      .integer("filters", {.help = "Most filters of one subscription, event types and subject aside.",
                           .fallback = 25,
                           .minimum = 1,
                           .maximum = 1000})
      .integer("values", {.help = "Most values of one subscription's filters together. A range is one value.",
                          .fallback = 25,
                          .minimum = 1,
                          .maximum = 10'000})
      .integer("characters", {.help = "Longest text in a filter, an event type or a subject, in characters.",
                              .fallback = 512,
                              .minimum = 1,
                              .maximum = 65'536})
      .integer("event_types",
               {.help = "Most event types of one subscription.", .fallback = 1000, .minimum = 1, .maximum = 10'000})
      .bytes("event",
             {.help = "Longest event, or data of one, that is looked into. A longer one passes no filter that has a "
                      "condition. Each thread keeps memory of 7 to 14 times the longest it has seen, of those beyond "
                      "1MiB until the next shorter one.",
              .fallback = "1MiB",
              .minimum = "1KiB",
              .maximum = "256MiB"})
      .text("source",
            {.help = "What the key source finds in MQTT messages that are no CloudEvents. Without it such a message "
                     "has no source."})
      .example("{}")
      .example(R"({"source": "plant-7", "filters": 50, "values": 100})");
}

trellis::Result<void> EventGrid::configure(const trellis::Config& config) {
  const auto number = [&](std::string_view name) { return static_cast<std::size_t>(config.integer(name)); };
  limits_ = {.filters = number("filters"),
             .values = number("values"),
             .characters = number("characters"),
             .event_types = number("event_types"),
             .event_bytes = number("event")};
  source_ = config.text("source", "");
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Condition>> EventGrid::compile(const trellis::Config& filter) {
  auto compiled = cloud_event::Filter::compile(filter, limits_);
  if (!compiled) return compiled.error();
  return std::make_unique<Chosen>(std::move(compiled).value(), source_);
}

}  // namespace event_grid

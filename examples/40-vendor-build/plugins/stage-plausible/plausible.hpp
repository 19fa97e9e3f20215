// A stage that lets readings pass which a greenhouse can have.
#pragma once

#include <charconv>
#include <string_view>
#include <trellis/stage.hpp>

/// Below readings/ a payload is a whole number between two bounds, or the message is dropped.
class Plausible final : public trellis::Stage {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "stage-plausible",
      .version = "1.0.0",
      .vendor = "Greenhouse Controls",
      .summary = "Drops readings that no greenhouse can have.",
      .licence = "Apache-2.0",
  };

  static trellis::Schema schema() {
    return trellis::Schema{}
        .integer("least", {.help = "The lowest reading that is believed.", .fallback = -40})
        .integer("most", {.help = "The highest.", .fallback = 80})
        .example(R"({"least": 0, "most": 50})");
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    least_ = config.integer("least");
    most_ = config.integer("most");
    if (least_ <= most_) return trellis::ok();
    return trellis::fail("/least: it is more than \"most\", so nothing would pass");
  }

  void on_messages(trellis::MessageBatch batch) noexcept override {
    batch.judge([this](const trellis::Message& message) {
      const bool passes = !message.topic().starts_with("readings/") || believes(message.payload());
      return passes ? trellis::Verdict::pass : trellis::Verdict::drop;
    });
  }

 private:
  bool believes(std::string_view payload) const noexcept {
    std::int64_t reading = 0;
    const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), reading);
    return error == std::errc() && end == payload.data() + payload.size() && reading >= least_ && reading <= most_;
  }

  std::int64_t least_ = 0;  // written in configure, read-only afterwards: no lock
  std::int64_t most_ = 0;
};

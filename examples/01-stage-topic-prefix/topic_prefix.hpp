// A stage that keeps a broker's public topics apart from its private ones.
#pragma once

#include <string>
#include <trellis/stage.hpp>

/// Drops every message published outside one topic prefix.
class TopicPrefix final : public trellis::Stage {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "stage-topic-prefix",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Drops every message published outside one topic prefix.",
      .licence = "Apache-2.0",
  };

  static trellis::Schema schema() {
    return trellis::Schema{}
        .text("prefix", {.help = "Topics must start with this.", .required = true, .minimum_length = 1})
        .example(R"({"prefix": "sensors/"})");
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    prefix_ = config.text("prefix");  // present and text: the schema was checked already
    return trellis::ok();
  }

  void on_messages(trellis::MessageBatch batch) noexcept override {
    batch.judge([&](const trellis::Message& message) {
      return message.topic().starts_with(prefix_) ? trellis::Verdict::pass : trellis::Verdict::drop;
    });
  }

 private:
  std::string prefix_;  // written in configure, read-only afterwards: no lock
};

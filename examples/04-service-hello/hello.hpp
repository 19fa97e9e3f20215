// A service that greets, and counts how often.
#pragma once

#include <cstdint>
#include <string>
#include <trellis/service.hpp>

/// GET /hello greets the world, GET /hello/NAME greets NAME, GET /hello/count tells how many greetings this shard
/// gave. Counting needs no lock: every shard has a ShardState of its own.
class Hello final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-hello",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Greets whoever asks, and counts.",
      .licence = "Apache-2.0",
  };

  struct ShardState {
    std::uint64_t greetings = 0;
  };

  static trellis::Schema schema() {
    return trellis::Schema{}.text("greeting", {.help = "The word in front of the name.", .fallback = "Hello"});
  }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;

 private:
  std::string greeting_;
  trellis::Metric greetings_;
};

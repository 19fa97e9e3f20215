// One shard of a plugin's process: frames become calls, and what calls answer becomes frames.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/isolation/wire.hpp>
#include <trellis/runtime/shard.hpp>

#include "channel.hpp"

namespace trellis::isolation {

class PluginHost;

/// Its thread runs from the constructor to the destructor.
class HostShard final : public runtime::Pollable, public runtime::Deferred {
 public:
  HostShard(PluginHost& host, std::uint32_t index, runtime::Metrics& metrics, runtime::Epochs& epochs,
            Channel& channel);
  ~HostShard();

  runtime::Shard& shard() noexcept { return shard_; }
  hosting::PluginTimers& timers() noexcept { return timers_; }
  void run() {
    thread_ = std::thread([this] { shard_.run(); });
  }
  /// [shard]
  void listen();
  /// Waits while the broker has not taken what was said before. [shard]
  void tell(Frame type, std::string_view body);

  void on_ready(std::uint32_t events) override;
  void run_deferred() override;

 private:
  void take_frames();
  void handle(Frame type, Decoder& body);
  void reply(const Encoder& out);
  Encoder begin_reply() const;
  void* state() const noexcept;

  void stage(Decoder& body);
  void judge(Decoder& body);
  void authorize(Decoder& body);
  void admit(Decoder& body);
  void explain(Decoder& body);
  void authenticate(Decoder& body);
  void abandoned(Decoder& body);
  void deliver(Decoder& body);
  void check(Decoder& body);
  void refuse_delivery(trellis_token token);
  void request(Decoder& body);
  void open(Decoder& body);
  void layer(Frame type, Decoder& body);

  PluginHost& host_;
  runtime::Shard shard_;
  hosting::PluginTimers timers_;
  Channel& channel_;
  std::uint64_t question_ = 0;
  std::thread thread_;
};

}  // namespace trellis::isolation

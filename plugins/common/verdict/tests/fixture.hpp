// A handler whose events say what comes of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trellis/testing/test_host.hpp>

#include "common/verdict/delivery_metrics.hpp"

namespace common::testing {

using namespace std::chrono_literals;
using trellis::Cause;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

inline Verdict verdict_of(std::string_view payload) {
  if (payload == "retry") return {Outcome::retry, Cause::busy, 503, 5s, "the peer is busy"};
  if (payload == "refused") return Verdict::refused(Cause::bad_request, "the peer says no");
  if (payload == "later") return Verdict::later(Cause::full, "there is no room", kRoomWait);
  if (payload == "throttled") return Verdict::retry(Cause::throttled, "the peer wants to be left alone", 60s);
  if (payload == "unknown") return Verdict::retry(Cause::none, "nobody knows why");
  return Verdict::delivered(200);
}

class SayingHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-saying", .version = "1.0.0", .summary = "Settles as it is told.", .licence = "Apache-2.0"};

  trellis::Result<void> start() override {
    metrics_ = DeliveryMetrics::declare(host(), "trellis_handler_saying");
    return trellis::ok();
  }
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config&) override {
    return std::make_unique<Saying>(metrics_);
  }

 private:
  class Saying final : public trellis::Destination {
   public:
    explicit Saying(const DeliveryMetrics& metrics) : metrics_(metrics) {}
    void deliver(trellis::DeliveryBatch batch) override {
      batch.each([&](trellis::Delivery& delivery) {
        const Verdict verdict = verdict_of(delivery.message().payload());
        metrics_.count(batch.shard(), verdict);
        verdict.settle(delivery);
      });
    }

   private:
    const DeliveryMetrics& metrics_;
  };
  DeliveryMetrics metrics_;
};

}  // namespace common::testing

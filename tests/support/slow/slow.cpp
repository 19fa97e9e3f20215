// Plugins that keep their shard for a while when they see "slow". SLOW_KIND says which of them this file becomes.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <trellis/trellis.hpp>

namespace {

void meet(std::string_view text) {
  if (text.find("slow") != std::string_view::npos) std::this_thread::sleep_for(std::chrono::milliseconds(120));
}

class Passing : public trellis::Stage {
 public:
  void on_messages(trellis::MessageBatch batch) noexcept override {
    batch.judge([](const trellis::Message& message) {
      meet(message.payload());
      return trellis::Verdict::pass;
    });
  }
};

class SlowStage final : public Passing {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "stage-slow", .version = "1.0.0", .summary = "Passes all."};
};

/// Wants what a process of its own is not offered.
class SlowRooted final : public Passing {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "rooted-slow", .version = "1.0.0", .summary = "Passes all.", .wants = {TRELLIS_HOST_CONNECTION}};
};

class SlowAuthenticator final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "authenticator-slow", .version = "1.0.0", .summary = "Allows all."};
  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override {
    meet(request.client_id);
    reply.allow({});
  }
};

class SlowAuthorizer final : public trellis::Authorizer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "authorizer-slow", .version = "1.0.0", .summary = "Allows all."};
  void authorize(trellis::AccessBatch batch) noexcept override {
    batch.judge([](const trellis::AccessRequest& request) {
      meet(request.topic());
      return trellis::Access::allow;
    });
  }
};

class SlowService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-slow", .version = "1.0.0", .summary = "Answers all."};
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    meet(request.path());
    reply.text("done");
  }
};

class SlowPredicate final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "predicate-slow", .version = "1.0.0", .summary = "Passes all."};
  class All final : public trellis::Condition {
    bool matches(const trellis::Message& message) const noexcept override {
      meet(message.payload());
      return true;
    }
  };
  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config&) override {
    return std::make_unique<All>();
  }
};

class SlowHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-slow", .version = "1.0.0", .summary = "Takes all."};
  class All final : public trellis::Destination {
    void deliver(trellis::DeliveryBatch batch) override {
      batch.each([](trellis::Delivery& delivery) {
        meet(delivery.message().payload());
        delivery.delivered();
      });
    }
  };
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config&) override {
    return std::make_unique<All>();
  }
};

}  // namespace

TRELLIS_PLUGIN(SLOW_KIND)

// A handler for tests of event subscriptions that push: takes messages while it is open and has the others tried again.
#include <string>
#include <trellis/handler.hpp>

namespace {

/// Says in the log what it took, and when it stops.
class GateHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-gate",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Takes messages while it is open. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_MESSAGE}};

  static trellis::Schema schema() {
    return trellis::Schema{}
        .boolean("open", {.help = "Whether it takes messages.", .fallback = true})
        .boolean("starts", {.help = "Whether it can be started.", .fallback = true});
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    open_ = config.boolean("open");
    starts_ = config.boolean("starts");
    return trellis::ok();
  }
  trellis::Result<void> start() override {
    if (!starts_) return trellis::fail("the gate is stuck");
    host().log(trellis::Level::info, "gate started");
    return trellis::ok();
  }
  void stop() override { host().log(trellis::Level::info, "gate stopped"); }

  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config&) override {
    return std::make_unique<Gate>(*this);
  }

 private:
  class Gate final : public trellis::Destination {
   public:
    explicit Gate(GateHandler& handler) : handler_(handler) {}
    void deliver(trellis::DeliveryBatch batch) override {
      batch.each([&](trellis::Delivery& delivery) {
        if (!handler_.open_) return delivery.retry("the gate is closed");
        delivery.delivered();
        handler_.host().log(trellis::Level::info, "gate took <" + std::string(delivery.message().payload()) + ">");
      });
    }

   private:
    GateHandler& handler_;
  };

  bool open_ = true;
  bool starts_ = true;
};

}  // namespace

TRELLIS_PLUGIN(GateHandler);

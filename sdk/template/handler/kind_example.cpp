#include "kind_example.hpp"

#include <string>
#include <utility>

namespace {

/// Of one subscription.
class Line final : public trellis::Destination {
 public:
  Line(const trellis::Host& host, trellis::Metric delivered, std::string text)
      : host_(host), delivered_(delivered), text_(std::move(text)) {}

  // What takes its time must not be waited for here: keep() a delivery and settle it later, from any thread.
  void deliver(trellis::DeliveryBatch batch) override {
    batch.each([&](trellis::Delivery& delivery) {
      const std::string bytes = std::to_string(delivery.message().payload().size());
      host_.log(trellis::Level::info, text_, {{"topic", delivery.message().topic()}, {"bytes", bytes}});
      delivered_.add(batch.shard());
      delivery.delivered();  // or retry(), refused(), later(), each with a reason
    });
  }

 private:
  const trellis::Host host_;
  const trellis::Metric delivered_;
  const std::string text_;
};

}  // namespace

trellis::Result<void> KindExample::start() {
  delivered_ = host().counter("kind_example_delivered_total", "Messages that were logged.");
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Destination>> KindExample::open(const trellis::Config& destination) {
  // What the handler takes of its own is in the properties; the rest says whose destination it is.
  const auto properties = destination.find("properties");
  const std::string text = properties ? properties->text("text", "delivered") : "delivered";
  if (text.empty()) return trellis::fail("/properties/text: expected a text that is not empty");
  return std::make_unique<Line>(host(), delivered_, text);
}

TRELLIS_PLUGIN(KindExample)

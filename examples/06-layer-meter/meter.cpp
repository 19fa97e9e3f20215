#include "meter.hpp"

#include <cstdint>

/// One connection.
class Meter::Stream final : public trellis::LayerStream {
 public:
  Stream(const Meter& meter, trellis::LayerIo io) : meter_(meter), io_(io) {}

  ~Stream() override {
    meter_.host().log(trellis::Level::info, "connection measured", {{"received", received_}, {"sent", sent_}});
  }

  bool on_input(std::string_view bytes) noexcept override {
    received_ += bytes.size();
    meter_.received_.add(io_.shard(), static_cast<std::int64_t>(bytes.size()));
    io_.up(bytes);
    return true;
  }

  bool on_output(std::string_view bytes) noexcept override {
    sent_ += bytes.size();
    meter_.sent_.add(io_.shard(), static_cast<std::int64_t>(bytes.size()));
    io_.down(bytes);
    return true;
  }

 private:
  const Meter& meter_;
  trellis::LayerIo io_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

trellis::Result<void> Meter::start() {
  received_ = host().counter("meter_received_bytes_total", "Bytes received through the meter.");
  sent_ = host().counter("meter_sent_bytes_total", "Bytes sent through the meter.");
  return trellis::ok();
}

std::unique_ptr<trellis::LayerStream> Meter::open(trellis::LayerIo io) { return std::make_unique<Stream>(*this, io); }

TRELLIS_PLUGIN(Meter)

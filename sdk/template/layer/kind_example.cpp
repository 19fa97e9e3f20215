#include "kind_example.hpp"

/// One connection. A layer that changes bytes has the same shape: it keeps what is incomplete, and hands on what is
/// ready.
class KindExample::Stream final : public trellis::LayerStream {
 public:
  Stream(const KindExample& layer, trellis::LayerIo io) : layer_(layer), io_(io) {}

  bool on_input(std::string_view bytes) noexcept override {
    received_ += bytes.size();
    if (received_ > layer_.limit_) {
      layer_.ended_.add(io_.shard());
      return false;
    }
    io_.up(bytes);
    return true;
  }

  bool on_output(std::string_view bytes) noexcept override {
    io_.down(bytes);
    return true;
  }

 private:
  const KindExample& layer_;
  const trellis::LayerIo io_;
  std::uint64_t received_ = 0;
};

trellis::Schema KindExample::schema() {
  return trellis::Schema{}
      .bytes("received", {.help = "Most bytes that a connection may receive.", .fallback = "1GiB"})
      .example(R"({"received": "10MiB"})");
}

trellis::Result<void> KindExample::configure(const trellis::Config& config) {
  limit_ = static_cast<std::uint64_t>(config.integer("received"));
  return trellis::ok();
}

trellis::Result<void> KindExample::start() {
  ended_ = host().counter("kind_example_ended_total", "Connections that sent too much.");
  return trellis::ok();
}

std::unique_ptr<trellis::LayerStream> KindExample::open(trellis::LayerIo io) {
  return std::make_unique<Stream>(*this, io);
}

TRELLIS_PLUGIN(KindExample)

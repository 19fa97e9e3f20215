#include "mqtt_http.hpp"

namespace mqtt_http {

trellis::Result<void> MqttHttp::configure(const trellis::Config& config) {
  auto read = Settings::read(config);
  if (!read) return read.error();
  settings_ = std::move(read).value();
  return trellis::ok();
}

trellis::Result<void> MqttHttp::start() {
  metrics_ = Metrics::declare(host());
  here_ = std::vector<std::atomic<Here*>>(host().shard_count());
  return trellis::ok();
}

void MqttHttp::drain(std::chrono::milliseconds) {
  for (std::uint32_t i = 0; i < here_.size(); ++i) {
    host().post(i, [this, i] {
      if (Here* const here = here_[i]) here->drain();
    });
  }
}

void MqttHttp::on_request(const trellis::Request& request, trellis::Reply reply) {
  request.shard().state<Here>().on_request(request, std::move(reply));
}

}  // namespace mqtt_http

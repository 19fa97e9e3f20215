// What the process of an isolated plugin says by its socket.
#include <trellis/isolation/wire.hpp>
#include <trellis/runtime/views.hpp>
#include <utility>

#include "remote.hpp"
#include "remote_shard.hpp"

namespace trellis::isolation {

using runtime::view_of;

namespace {

constexpr std::size_t kMostMetrics = 1024;

}  // namespace

void Remote::told(Frame type, std::string_view bytes) {
  Decoder body(bytes);
  switch (type) {
    case Frame::log:
      return told_log(body);
    case Frame::declare:
      return told_metric(body);
    case Frame::metrics:
      return told_amounts(body);
    case Frame::revoke:
    case Frame::forget_of:
      return told_names(type, body);
    case Frame::forget:
      return host_table<trellis_host_authorizer>(TRELLIS_HOST_AUTHORIZER)->forget_decisions(host_);
    case Frame::on_shard:
      return told_for_shard(bytes);
    default:
      return;  // nothing the host does not know can be meant for it
  }
}

void Remote::told_log(Decoder& body) const {
  const auto level = body.number<std::uint32_t>();
  const std::string_view text = body.text();
  const trellis_pair* fields = nullptr;
  std::uint32_t count = 0;
  body(fields, count);
  const auto* const table = host_table<trellis_host_log>(TRELLIS_HOST_LOG);
  if (body.done() && table->enabled(host_, level)) table->write(host_, level, view_of(text), fields, count);
}

void Remote::told_metric(Decoder& body) {
  const auto number = body.number<std::uint32_t>();
  const auto type = body.number<std::uint32_t>();
  const std::string_view name = body.text();
  const std::string_view labels = body.text();
  const std::string_view help = body.text();
  if (!body.done() || metrics_.size() >= kMostMetrics) return;
  const auto id = host_table<trellis_host_metrics>(TRELLIS_HOST_METRICS)
                      ->declare(host_, type, view_of(name), view_of(labels), view_of(help));
  metrics_[number] = {id, type == TRELLIS_METRIC_GAUGE};
}

void Remote::told_amounts(Decoder& body) {
  constexpr std::size_t kOne = sizeof(std::uint32_t) + sizeof(std::int64_t);
  for (std::size_t left = body.count(kOne); left > 0; --left) {
    const auto number = body.number<std::uint32_t>();
    const auto amount = body.number<std::int64_t>();
    const auto metric = metrics_.find(number);
    if (metric == metrics_.end() || (amount < 0 && !metric->second.gauge)) continue;
    metric->second.sum += amount;
    instance_.services().metrics->add_any(metric->second.id, amount);
  }
}

// What was there is not there any more.
void Remote::take_back_gauges() {
  for (const auto& [number, metric] : std::exchange(metrics_, {})) {
    if (metric.gauge) instance_.services().metrics->add_any(metric.id, -metric.sum);
  }
}

void Remote::told_names(Frame type, Decoder& body) const {
  const std::string_view name_space = body.text();
  const trellis_view* names = nullptr;
  std::uint32_t count = 0;
  body(names, count);
  if (!body.done()) return;
  if (type == Frame::revoke) {
    host_table<trellis_host_identity>(TRELLIS_HOST_IDENTITY)->revoke(host_, view_of(name_space), names, count);
  } else {
    host_table<trellis_host_authorizer>(TRELLIS_HOST_AUTHORIZER)
        ->forget_decisions_of(host_, view_of(name_space), names, count);
  }
}

void Remote::told_for_shard(std::string_view bytes) {
  Decoder head(bytes);
  const auto index = head.number<std::uint32_t>();
  if (head.failed() || index >= shards_.size() || process_ == nullptr) return;
  instance_.services().shards[index]->post(
      [shard = shards_[index], process = process_, frame = std::string(bytes.substr(sizeof index))] {
        shard->told_elsewhere(*process, frame);
      });
}

}  // namespace trellis::isolation

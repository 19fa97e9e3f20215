// The timer on shard 0 and the answer to requests.
#include "sys_topics.hpp"

#include <malloc.h>

#include <optional>
#include <trellis/message.hpp>
#include <utility>

namespace sys_topics {
namespace {

/// Bytes the process has allocated, or nothing where the C library does not tell.
std::optional<int64_t> heap_bytes() {
#if defined(__GLIBC__)
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
#else
  return std::nullopt;
#endif
}

}  // namespace

trellis::Schema SysTopics::schema() {
  return trellis::Schema{}
      .duration("interval", {.help = "How often to read the figures and to publish those that changed.",
                             .fallback = "10s",
                             .minimum = "1s",
                             .maximum = "1h"})
      .text("namespace",
            {.help = "Namespace to publish into.", .fallback = std::string_view("default"), .minimum_length = 1})
      .topic("prefix", {.help = "Topic below which the figures stand.", .fallback = "$SYS/broker"})
      .example(R"({"interval": "30s"})");
}

trellis::Result<void> SysTopics::configure(const trellis::Config& config) {
  interval_ = config.milliseconds("interval");
  name_space_ = config.text("namespace");
  prefix_ = config.text("prefix") + "/";
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i) {
    if (host().name_space(i).name == name_space_) return trellis::ok();
  }
  return trellis::fail("/namespace: there is no namespace \"" + name_space_ + "\"");
}

// Another instance publishes from here on, perhaps elsewhere.
void SysTopics::drain(std::chrono::milliseconds) { drained_ = true; }

void SysTopics::on_request(const trellis::Request& request, trellis::Reply reply) {
  if (request.path() != "/" && !request.path().empty()) return reply.text("Not found. The figures are at /.\n", 404);
  if (request.method() != "GET" && request.method() != "HEAD") {
    reply.send({.status = 405, .body = "Only GET is answered.\n", .headers = {{"allow", "GET, HEAD"}}});
    return;
  }
  std::string json;
  {
    const std::lock_guard lock(mutex_);
    json = json_;
  }
  reply.json(json);
}

SysTopics::ShardState::ShardState(SysTopics& plugin, trellis::Shard& shard)
    : plugin_(plugin), shard_(shard), figures_("trellis version " TRELLIS_PROJECT_VERSION) {
  // Not at once: the namespaces may still be opening while shards are.
  if (shard_.index() == 0) timer_ = shard_.after(std::chrono::milliseconds(0), [this] { publish_and_wait(); });
}

void SysTopics::ShardState::publish_and_wait() {
  if (plugin_.drained_) return;
  const MetricText metrics(shard_.host().render_metrics());
  const auto figures = figures_.update(metrics, heap_bytes(), static_cast<uint64_t>(shard_.now().count()));
  publish(figures);
  {
    std::string json = to_json(figures);
    const std::lock_guard lock(plugin_.mutex_);
    plugin_.json_.swap(json);
  }
  timer_ = shard_.after(plugin_.interval_, [this] { publish_and_wait(); });
}

void SysTopics::ShardState::publish(const std::vector<Figure>& figures) {
  for (const Figure& figure : figures) {
    std::string& last = published_[figure.topic];
    if (last == figure.value) continue;
    const std::string topic = plugin_.prefix_ + std::string(figure.topic);
    const trellis::Status status = trellis::publish(shard_, plugin_.name_space_,
                                                    trellis::Publication(topic, figure.value).retain().text_payload());
    // What was refused, for example for lack of room, is tried again with the next reading.
    const bool taken = status == trellis::Status::ok || status == trellis::Status::no_match;
    if (taken) last = figure.value;
  }
}

}  // namespace sys_topics

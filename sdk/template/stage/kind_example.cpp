#include "kind_example.hpp"

trellis::Schema KindExample::schema() {
  return trellis::Schema{}
      .bytes("payload", {.help = "The largest payload that passes.", .fallback = "64KiB"})
      .example(R"({"payload": "1MiB"})");
}

trellis::Result<void> KindExample::configure(const trellis::Config& config) {
  limit_ = static_cast<std::size_t>(config.integer("payload"));  // the schema turned "64KiB" into bytes
  return trellis::ok();
}

trellis::Result<void> KindExample::start() {
  dropped_ = host().counter("kind_example_dropped_total", "Messages dropped because of their size.");
  return trellis::ok();
}

void KindExample::on_messages(trellis::MessageBatch batch) noexcept {
  for (auto item : batch) {
    if (item.message().payload().size() <= limit_) {
      item.pass();
    } else {
      item.drop();
      dropped_.add(batch.shard());
    }
  }
}

TRELLIS_PLUGIN(KindExample)

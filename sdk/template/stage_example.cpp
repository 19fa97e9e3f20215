#include "stage_example.hpp"

trellis::Schema StageExample::schema() {
  return trellis::Schema{}
      .bytes("payload", {.help = "The largest payload that passes.", .fallback = "64KiB"})
      .example(R"({"payload": "1MiB"})");
}

trellis::Result<void> StageExample::configure(const trellis::Config& config) {
  limit_ = static_cast<std::size_t>(config.integer("payload"));  // the schema turned "64KiB" into bytes
  return trellis::ok();
}

trellis::Result<void> StageExample::start() {
  dropped_ = host().counter("stage_example_dropped_total", "Messages dropped because of their size.");
  return trellis::ok();
}

void StageExample::on_messages(trellis::MessageBatch batch) noexcept {
  for (auto item : batch) {
    if (item.message().payload().size() <= limit_) {
      item.pass();
    } else {
      item.drop();
      dropped_.add(batch.shard());
    }
  }
}

TRELLIS_PLUGIN(StageExample)

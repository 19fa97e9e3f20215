#include "kind_example.hpp"

trellis::Schema KindExample::schema() {
  return trellis::Schema{}
      .text("prefix", {.help = "What stands before a client's name in its topics.", .fallback = "clients/"})
      .example(R"({"prefix": "plant/"})");
}

trellis::Result<void> KindExample::configure(const trellis::Config& config) {
  prefix_ = config.text("prefix");
  return trellis::ok();
}

/// prefix, name, '/' and at least one more byte. A name with a wildcard in it has no topics.
bool KindExample::own(std::string_view topic, std::string_view name) const noexcept {
  if (name.empty() || name.find_first_of("+#/") != std::string_view::npos || !topic.starts_with(prefix_)) return false;
  topic.remove_prefix(prefix_.size());
  return topic.starts_with(name) && topic.size() > name.size() + 1 && topic[name.size()] == '/';
}

// Of subscriptions the topic is a filter: what begins with the name covers nobody else's topics.
void KindExample::authorize(trellis::AccessBatch batch) noexcept {
  batch.judge([this](const trellis::AccessRequest& request) {
    return own(request.topic(), request.identity().name()) ? trellis::Access::allow : trellis::Access::defer;
  });
}

TRELLIS_PLUGIN(KindExample)

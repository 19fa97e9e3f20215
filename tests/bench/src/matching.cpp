// Builds the filter table and the topics that go with it.
#include "matching.hpp"

#include <algorithm>
#include <charconv>

namespace trellis::bench {
namespace {

constexpr std::uint32_t kSites = 100;

enum class Kind { plain, plus_site, plus_device, hash };

// Of thirty: seventeen plain, five with `+` for the site, five with `+` for the device, three with `#`.
Kind kind_of(std::uint32_t number) {
  const std::uint32_t place = number / kSites % 30;
  if (place < 17) return Kind::plain;
  if (place < 22) return Kind::plus_site;
  return place < 27 ? Kind::plus_device : Kind::hash;
}

void add_number(std::string& to, std::uint32_t number) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, end);
}

// Levels under "plant": site / device / value. Every filter has a device number of its own within its site.
void build(std::uint32_t number, std::string& to, const auto& site, const auto& device, const auto& tail) {
  to.assign("plant/");
  site(to);
  to.push_back('/');
  device(to);
  tail(to, number);
}

void build_named(std::uint32_t number, std::string& to, const auto& wild, const auto& tail_of_hash) {
  const std::uint32_t site = number % kSites;
  const std::uint32_t device = number / kSites;
  const auto put_site = [site](std::string& text) { add_number(text.append("s"), site); };
  const auto put_device = [device](std::string& text) { add_number(text.append("d"), device); };
  switch (kind_of(number)) {
    case Kind::plain:
      return build(number, to, put_site, put_device, [](std::string& text, std::uint32_t) { text.append("/value"); });
    case Kind::plus_site:
      return build(number, to, wild, put_device,
                   [](std::string& text, std::uint32_t n) { add_number(text.append("/all"), n); });
    case Kind::plus_device:
      return build(number, to, put_site, wild,
                   [](std::string& text, std::uint32_t n) { add_number(text.append("/any"), n); });
    case Kind::hash:
      return build(number, to, put_site, put_device, tail_of_hash);
  }
}

}  // namespace

std::string numbered_filter(std::uint32_t number) {
  std::string filter;
  build_named(
      number, filter, [](std::string& text) { text.push_back('+'); },
      [](std::string& text, std::uint32_t) { text.append("/#"); });
  return filter;
}

void numbered_topic(std::uint32_t number, Random& random, std::string& topic) {
  // A word no literal level has: the wildcard alone can match it.
  const auto word = [&random](std::string& text) { add_number(text.append("w"), random.below(1'000'000)); };
  build_named(number, topic, word, [&](std::string& text, std::uint32_t) {
    word(text.append("/"));
    if ((random.next() & 1U) != 0) word(text.append("/"));
  });
}

FilterTable::FilterTable(std::uint32_t publishers, std::uint32_t subscribers, std::uint32_t filters,
                         std::uint32_t hot_topics)
    : publishers_(publishers), subscribers_(subscribers), filters_(filters) {
  for (std::uint32_t i = 0; i < hot_topics; ++i) {
    const std::uint32_t number = random_.below(filters_);
    numbered_topic(number, random_, topic_);
    hot_.emplace_back(topic_, number % subscribers_);
  }
}

std::vector<std::string> FilterTable::filters(std::uint32_t subscriber) const {
  std::vector<std::string> own;
  for (std::uint32_t number = subscriber; number < filters_; number += subscribers_) {
    own.push_back(numbered_filter(number));
  }
  return own;
}

std::string_view FilterTable::next_topic(std::uint32_t /*publisher*/, std::uint32_t& target) {
  if (!hot_.empty()) {
    const auto& [topic, subscriber] = hot_[random_.below(static_cast<std::uint32_t>(hot_.size()))];
    target = subscriber;
    return topic;
  }
  const std::uint32_t number = random_.below(filters_);
  numbered_topic(number, random_, topic_);
  target = number % subscribers_;
  return topic_;
}

void SubscribeChurn::start(Engine& engine) {
  engine_ = &engine;
  ConnectOptions connect;
  connect.protocol = protocol_;
  connect.client_id = "bench-churn";
  client_ = &engine.open(connect, index_);
  engine.run_until([this] { return client_->connected; }, std::chrono::seconds(10), "waiting for CONNACK");
  started_ = now_ns();
}

void SubscribeChurn::on_turn(std::uint64_t now) {
  constexpr std::uint64_t kPerPacket = 10;
  constexpr std::uint32_t kUnanswered = 1000;  // packets; a broker this far behind is not given more
  const std::uint64_t due = (now - started_) * rate_ / 1'000'000'000U;
  std::vector<std::string> filters;
  while (subscribed_ + kPerPacket <= due && engine_->subscribing() < kUnanswered) {
    filters.clear();
    for (std::uint64_t i = 0; i < kPerPacket; ++i) filters.push_back(numbered_filter(next_filter_++));
    engine_->subscribe(*client_, 0, filters);
    subscribed_ += kPerPacket;
  }
}

}  // namespace trellis::bench

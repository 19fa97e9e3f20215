#include "streams/streams_here.hpp"

#include <algorithm>
#include <charconv>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <utility>

#include "at_home.hpp"
#include "events_service.hpp"

namespace events_service {
namespace {

constexpr std::string_view kDeliveryCount = "deliverycount";

// "orders/audit" and nothing else.
bool is_name(std::string_view queue) {
  const auto [topic, subscription] = split_name(queue);
  return !topic.empty() && !subscription.empty() && subscription.find('/') == std::string_view::npos;
}

std::string_view write_number(std::array<char, 10>& out, std::uint32_t number) {
  const auto written = std::to_chars(out.data(), out.data() + out.size(), number);
  return {out.data(), static_cast<std::size_t>(written.ptr - out.data())};
}

}  // namespace

struct StreamsHere::Stream {
  StreamsHere& at;
  StreamNumber number;
  SubscriptionId subscription;
  std::uint32_t home;  // the shard of its topic
  std::uint32_t flags;
  const trellis_stream_user& table;
  void* user;
  bool stopped = false;  // it left something, and has not gone on
  bool told_soon = false;
  std::uint64_t last_taken = 0;  // the lock of it
  StreamNews news{};

  static Stream& of(trellis_stream* handle) { return *reinterpret_cast<Stream*>(handle); }
  trellis_stream* handle() { return reinterpret_cast<trellis_stream*>(this); }
};

StreamsHere::StreamsHere(TopicsHere& here) : here_(here), form_(here.plugin().settings().intake) {}

StreamsHere::~StreamsHere() { drain(); }

const trellis_streams& StreamsHere::table() noexcept {
  static constexpr trellis_streams kTable{
      sizeof(trellis_streams),
      0,
      [](void* shard, std::uint32_t name_space, trellis_view queue, std::uint32_t flags, std::uint32_t window,
         const trellis_stream_user* user_table, void* user, trellis_stream** stream) -> trellis_status {
        try {
          return trellis::glue::shard(shard).state<TopicsHere>().streams().open(name_space, trellis::text(queue), flags,
                                                                                window, *user_table, user, stream);
        } catch (const std::exception&) {
          return TRELLIS_INTERNAL;
        }
      },
      [](trellis_stream* handle, std::uint64_t lock, std::uint32_t outcome) {
        Stream& stream = Stream::of(handle);
        stream.news.settled.push_back({lock, outcome});
        stream.at.tell_soon(stream);
      },
      [](trellis_stream* handle) {
        Stream& stream = Stream::of(handle);
        if (!std::exchange(stream.stopped, false)) return;
        stream.news.resumed = true;
        stream.at.tell_soon(stream);
      },
      [](trellis_stream* handle) { Stream::of(handle).at.close(Stream::of(handle)); }};
  return kTable;
}

// ---- from open to end

trellis_status StreamsHere::open(std::uint32_t name_space, std::string_view queue, std::uint32_t flags,
                                 std::uint32_t window, const trellis_stream_user& table, void* user,
                                 trellis_stream** stream) {
  here_.refresh();
  if (here_.draining()) return TRELLIS_UNAVAILABLE;
  if (!is_name(queue) || window == 0) return TRELLIS_INVALID;
  const auto [topic_name, name] = split_name(queue);
  auto topic = here_.directory().find(name_space, topic_name);
  const SubscriptionEntry* const entry = topic == nullptr ? nullptr : topic->find(name);
  if (entry == nullptr) return TRELLIS_NO_MATCH;
  if (entry->settings->push) return TRELLIS_UNSUPPORTED;
  Events& plugin = here_.plugin();
  const Settings& settings = plugin.settings();
  if (all_.size() >= settings.streams || !plugin.stream_counts().enter(entry->id, settings.subscription_streams)) {
    plugin.metrics().streams_refused.add(here_.shard());
    return TRELLIS_QUOTA;
  }
  const StreamNumber number = plugin.next_stream();
  auto made = std::make_unique<Stream>(
      Stream{*this, number, entry->id, topic->home->shard.load(std::memory_order_relaxed), flags, table, user});
  *stream = made->handle();
  start(*made, std::move(topic), std::min(window, settings.stream_events));
  all_.emplace(number, std::move(made));
  plugin.metrics().streams.add(here_.shard());
  return TRELLIS_OK;
}

void StreamsHere::start(const Stream& stream, std::shared_ptr<const TopicView> topic, std::uint32_t window) {
  Taker taker{.number = stream.number,
              .shard = here_.shard().index(),
              .window = window,
              .window_bytes = here_.plugin().settings().stream_bytes};
  here_.shard().host().post(stream.home, [&plugin = here_.plugin(), home = stream.home, id = stream.subscription,
                                          topic = std::move(topic), taker = std::move(taker)]() mutable {
    TopicsHere* const there = plugin.on_shard(home);
    if (there == nullptr) return;  // the broker stops, which the user is told on its own shard
    there->refresh();
    Subscription* const subscription = there->subscription(*topic, id);
    if (subscription != nullptr && !subscription->pushes())
      return subscription->open_stream(std::make_unique<Taker>(std::move(taker)));
    there->streams().send_end(taker.number, taker.shard, "the event subscription is not there, or cannot be opened");
  });
}

// What was said before counts. How much a user that closes it within deliver() has taken is known once that returned.
void StreamsHere::close(Stream& stream) {
  Closed closed{stream.number, stream.subscription, stream.home, stream.last_taken, std::move(stream.news)};
  forget(stream);
  if (closed.number == delivering_) {
    closed_ = std::move(closed);
  } else {
    tell_closed(std::move(closed));
  }
}

void StreamsHere::tell_closed(Closed closed) {
  const std::uint32_t home = closed.home;
  here_.shard().host().post(home, [&plugin = here_.plugin(), closed = std::move(closed)] {
    TopicsHere* const there = plugin.on_shard(closed.home);
    Subscription* const subscription = there == nullptr ? nullptr : there->known(closed.subscription);
    if (subscription != nullptr) subscription->close_stream(closed.number, closed.last_taken, closed.news);
  });
}

void StreamsHere::forget(Stream& stream) {
  here_.plugin().stream_counts().leave(stream.subscription);
  here_.plugin().metrics().streams.add(here_.shard(), -1);
  all_.erase(stream.number);
}

void StreamsHere::end(StreamNumber number, std::string_view reason) {
  Stream* const stream = find(number);
  if (stream == nullptr) return;
  const auto ended = stream->table.ended;
  void* const user = stream->user;
  forget(*stream);
  ended(user, trellis::view(reason));
}

void StreamsHere::drain() {
  while (!all_.empty()) end(all_.begin()->first, "the broker stops, or is configured anew");
}

StreamsHere::Stream* StreamsHere::find(StreamNumber number) {
  const auto found = all_.find(number);
  return found == all_.end() ? nullptr : found->second.get();
}

// ---- to the user

void StreamsHere::send(const Taker& taker, StreamBatch batch) const {
  here_.shard().host().post(taker.shard, [&plugin = here_.plugin(), shard = taker.shard, number = taker.number,
                                          batch = std::move(batch)]() mutable {
    if (TopicsHere* const there = plugin.on_shard(shard)) there->streams().deliver(number, std::move(batch));
  });
}

void StreamsHere::send_end(StreamNumber number, std::uint32_t shard, std::string_view reason) const {
  here_.shard().host().post(shard, [&plugin = here_.plugin(), shard, number, text = std::string(reason)] {
    if (TopicsHere* const there = plugin.on_shard(shard)) there->streams().end(number, text);
  });
}

// Whoever closed it meanwhile has said so where the topic lives.
void StreamsHere::deliver(StreamNumber number, StreamBatch batch) {
  Stream* stream = find(number);
  if (stream == nullptr) return;
  delivering_ = number;
  const std::uint32_t taken = stream->stopped ? 0 : give(*stream, batch);
  delivering_ = 0;
  if (taken > 0) here_.plugin().metrics().received.add(here_.shard(), taken);
  const std::uint64_t last = taken > 0 ? batch.events[taken - 1].lock : 0;
  if (auto closed = std::exchange(closed_, std::nullopt)) {
    closed->last_taken = std::max(closed->last_taken, last);
    return tell_closed(*std::move(closed));
  }
  stream = find(number);
  if (stream == nullptr) return;
  stream->last_taken = std::max(stream->last_taken, last);
  if (taken == batch.events.size()) return;
  stream->stopped = true;
  stream->news.resumed = false;
  for (std::size_t i = taken; i < batch.events.size(); ++i) stream->news.left.push_back(batch.events[i].lock);
  tell_soon(*stream);
}

std::uint32_t StreamsHere::give(Stream& stream, const StreamBatch& batch) {
  const bool in_parts = (stream.flags & TRELLIS_STREAM_ATTRIBUTES) != 0 && batch.mode == MqttMode::binary;
  return in_parts ? give_in_parts(stream, batch) : give_whole(stream, batch);
}

std::uint32_t StreamsHere::give_whole(Stream& stream, const StreamBatch& batch) {
  const bool attributes = (stream.flags & TRELLIS_STREAM_ATTRIBUTES) != 0;
  const std::size_t count = batch.events.size();
  publications_.resize(count);
  items_.resize(count);
  properties_.resize(count);
  counts_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const StreamBatch::One& one = batch.events[i];
    publications_[i] = MqttForm::structured((*one.message).payload());
    if (attributes) {
      properties_[i] = {trellis::view(kDeliveryCount), trellis::view(write_number(counts_[i], one.deliveries))};
      publications_[i].user_properties = &properties_[i];
      publications_[i].user_property_count = 1;
    }
    items_[i] = {one.lock, one.deliveries, 0, &publications_[i]};
  }
  return std::min<std::uint32_t>(stream.table.deliver(stream.user, items_.data(), static_cast<std::uint32_t>(count)),
                                 static_cast<std::uint32_t>(count));
}

// One by one: they are taken apart into the same memory.
std::uint32_t StreamsHere::give_in_parts(Stream& stream, const StreamBatch& batch) {
  const StreamNumber number = stream.number;
  std::uint32_t taken = 0;
  for (const StreamBatch::One& one : batch.events) {
    Stream* const left = find(number);  // it may close the stream
    if (left == nullptr) return taken;
    const std::string_view json = (*one.message).payload();
    const events::Event* const event = form_.read(json);
    trellis_publication publication = event == nullptr ? MqttForm::structured(json) : form_.binary(*event);
    properties_.assign(publication.user_properties, publication.user_properties + publication.user_property_count);
    std::array<char, 10> digits;
    const auto same = [](const trellis_pair& pair) { return trellis::text(pair.name) == kDeliveryCount; };
    if (std::ranges::none_of(properties_, same))
      properties_.push_back({trellis::view(kDeliveryCount), trellis::view(write_number(digits, one.deliveries))});
    publication.user_properties = properties_.data();
    publication.user_property_count = static_cast<std::uint32_t>(properties_.size());
    const trellis_stream_item item{one.lock, one.deliveries, 0, &publication};
    if (left->table.deliver(left->user, &item, 1) == 0) return taken;
    ++taken;
  }
  return taken;
}

// ---- from the user

void StreamsHere::tell_soon(Stream& stream) {
  if (std::exchange(stream.told_soon, true)) return;
  to_tell_.push_back(stream.number);
  if (to_tell_.size() > 1) return;
  here_.shard().host().post(here_.shard().index(), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) tell();
  });
}

void StreamsHere::tell() {
  for (const StreamNumber number : std::exchange(to_tell_, {})) {
    Stream* const stream = find(number);
    if (stream == nullptr) continue;
    stream->told_soon = false;
    on_shard_of(here_, stream->home,
                [id = stream->subscription, number, news = std::exchange(stream->news, {})](TopicsHere& there) {
                  Subscription* const subscription = there.known(id);
                  if (subscription != nullptr) subscription->hear_stream(number, news);
                });
  }
}

}  // namespace events_service

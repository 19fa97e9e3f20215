// Topic names and filters: the SDK, the subscription index and the retained messages agree with a slow matcher written
// straight from the rules.
//
// Input: a filter, a line feed, a topic.
#include <string_view>
#include <trellis/topic.hpp>
#include <vector>

#include "fuzz.hpp"
#include "route/router.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis;
using namespace trellis::kernel;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> levels;
  for (LevelCursor cursor(text); cursor.more();) levels.push_back(cursor.next());
  return levels;
}

bool matches_slowly(const std::vector<std::string_view>& filter, const std::vector<std::string_view>& topic) {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool wild = filter[i] == "#" || filter[i] == "+";
    if (i == 0 && wild && topic[0].starts_with('$')) return false;
    if (filter[i] == "#") return true;
    if (i == topic.size()) return false;
    if (filter[i] != "+" && filter[i] != topic[i]) return false;
  }
  return filter.size() == topic.size();
}

// A filter is a sequence of levels; whoever indexes them must get the text back.
void check_levels(std::string_view text) {
  std::size_t bytes = 0;
  const auto levels = split(text);
  for (const std::string_view level : levels) bytes += level.size() + 1;
  require(bytes == text.size() + 1, "levels and separators make up the text");
  require(levels.size() == topic_levels(text), "levels are counted right");
}

struct Nobody final : SubscriberOwner {
  void end(Subscriber&, std::uint32_t) override {}
  bool hand_on(Subscriber&, std::uint32_t, const Message&, std::uint8_t) override { return false; }
  bool dead_letter(Subscriber&, const Message&, std::string_view) override { return false; }
  void count_away(std::int64_t) override {}
  bool away_full() override { return false; }
  void replay_more(Subscriber&) override {}
  std::string_view label(std::uint32_t) const override { return "n"; }
};

/// A namespace with one subscriber, on a shard that does not run.
class World {
 public:
  World() { metrics_.add_shards(1); }
  bool index_matches(std::string_view filter, std::string_view topic) {
    trellis_subscription subscription{};
    subscription.struct_size = sizeof subscription;
    subscription.filter = view_of(filter);
    space_.subscriptions.subscribe(subscriber_, subscription);
    bool found = false;
    space_.subscriptions.match(
        topic,
        [&](const SubscriptionList& list) {
          list.for_each([&](const Subscriber&, const IndexedSubscription&) { found = true; });
        },
        [](const SharedGroup&) {});
    require(space_.subscriptions.unsubscribe(subscriber_, filter, ""), "what was put in comes out");
    epochs_.collect();
    return found;
  }
  bool retained_matches(std::string_view filter, std::string_view topic) {
    trellis_publication publication{};
    publication.struct_size = sizeof publication;
    publication.topic = view_of(topic);
    publication.payload = view_of("x");
    require(space_.retained.store(*make_message(publication, 0, "", "", 0)), "it is kept");
    const bool found = !space_.retained.find(filter, 0).messages.empty();
    publication.payload = {};
    require(space_.retained.store(*make_message(publication, 0, "", "", 0)), "it is forgotten");
    return found;
  }

 private:
  Metrics metrics_;
  Epochs epochs_;
  Namespace space_{"n", 0, epochs_, metrics_};
  MetricCells cells_;
  Shard shard_{0, cells_, epochs_};
  Nobody nobody_;
  Subscriber subscriber_{shard_, nobody_, space_.queue_metrics, 1, 0, "s", trellis_queue_limits{}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = text.find('\n');
  const std::string_view filter = text.substr(0, newline);
  const std::string_view topic = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
  if (valid_topic_name(topic)) {
    require(valid_text(topic), "a topic is text");
    require(topic.find_first_of("+#") == std::string_view::npos, "a topic has no wildcards");
    require(valid_topic_filter(topic), "a topic is a filter too");
  }
  if (valid_topic_filter(filter)) check_levels(filter);
  if (valid_topic_filter(filter) && valid_topic_name(topic)) {
    static World world;
    const bool matches = matches_slowly(split(filter), split(topic));
    require(topic_matches(filter, topic) == matches, "the SDK agrees");
    require(world.index_matches(filter, topic) == matches, "the index agrees");
    require(world.retained_matches(filter, topic) == matches, "the retained messages agree");
  }
  return 0;
}

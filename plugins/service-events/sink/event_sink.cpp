#include "event_sink.hpp"

#include <array>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "at_home.hpp"
#include "dead_letters/members.hpp"

namespace events_service {
namespace {

constexpr std::string_view kHops = "forwardhops";
constexpr std::array<std::string_view, 1> kReplaced{kHops};

/// One call on its way. With its end at the latest, whoever called is told.
class Taking {
 public:
  explicit Taking(const common::EventSinkRequest& request)
      : done_(request.done), user_(request.user), outcomes_(request.count, common::kSinkStopped) {}
  Taking(const Taking&) = delete;
  Taking& operator=(const Taking&) = delete;
  ~Taking() { done_(user_, outcomes_.data(), static_cast<std::uint32_t>(outcomes_.size())); }

  void set(std::uint32_t index, std::uint32_t outcome) noexcept { outcomes_[index] = outcome; }
  /// Of all that have an event.
  void set_all(std::uint32_t outcome) noexcept {
    for (const auto& [index, event] : events) outcomes_[index] = outcome;
  }

  std::vector<std::pair<std::uint32_t, std::string>> events;  // as they will be kept, and which of the call's each is

 private:
  void (*const done_)(void*, const std::uint32_t*, std::uint32_t);
  void* const user_;
  std::vector<std::uint32_t> outcomes_;
};

// What is no count counts as none: it is replaced by one.
std::uint32_t hops_of(std::string_view event) {
  const auto members = members_of(event);
  std::uint32_t hops = 0;
  if (!members) return hops;
  const std::string_view value = value_of(*members, kHops);
  std::from_chars(value.data(), value.data() + value.size(), hops);
  return hops;
}

void add(Taking& taking, std::uint32_t index, std::string_view event, std::uint32_t most) {
  const std::uint32_t hops = hops_of(event);
  if (hops >= most) return taking.set(index, common::kSinkLooped);
  auto next = with_members(event, kReplaced, "\"" + std::string(kHops) + "\":" + std::to_string(hops + 1));
  if (!next) return taking.set(index, common::kSinkInvalid);
  taking.events.emplace_back(index, std::move(*next));
}

std::optional<std::uint32_t> index_of(const trellis::Host& host, std::string_view name) {
  for (std::uint32_t i = 0; i < host.namespace_count(); ++i) {
    if (host.name_space(i).name == name) return i;
  }
  return std::nullopt;
}

// On the shard of the topic.
void keep(TopicsHere& there, std::uint32_t name_space, const std::string& name, std::shared_ptr<Taking> taking) {
  there.refresh();
  const auto topic = there.directory().find(name_space, name);
  if (topic == nullptr) return taking->set_all(common::kSinkNoTopic);
  Batch batch;
  for (const auto& [index, event] : taking->events) {
    batch.add(event, cloud_event::Event::structured(event), topic->filters());
  }
  taking->set_all(there.draining() ? common::kSinkStopped : common::kSinkFull);
  if (!batch.choose(there.shard(), *topic)) return;
  const auto within = std::make_shared<bool>(true);  // what fails at once found no room, what fails later the store
  there.route(*topic, batch, [taking, within](bool kept) {
    if (kept || !*within) taking->set_all(kept ? common::kSinkKept : common::kSinkFailed);
  });
  *within = false;
}

void take(void* shard, const common::EventSinkRequest* request) noexcept {
  std::shared_ptr<Taking> taking;
  try {
    taking = std::make_shared<Taking>(*request);
    TopicsHere& here = trellis::glue::shard(shard).state<TopicsHere>();
    for (std::uint32_t i = 0; i < request->count; ++i) {
      add(*taking, i, trellis::text(request->events[i]), request->hops);
    }
    if (taking->events.empty()) return;
    const auto name_space = index_of(here.shard().host(), trellis::text(request->name_space));
    std::string name(trellis::text(request->topic));
    const auto topic = name_space ? here.directory().find(*name_space, name) : nullptr;
    if (topic == nullptr) return taking->set_all(common::kSinkNoTopic);
    // Not within this call, wherever the topic lives: topics and subscriptions may come and go there, the caller's too.
    const std::uint32_t home = topic->home->shard.load(std::memory_order_relaxed);
    here.shard().host().post(
        home, [&plugin = here.plugin(), home, name_space = *name_space, name = std::move(name), taking]() mutable {
          if (TopicsHere* const there = plugin.on_shard(home)) keep(*there, name_space, name, std::move(taking));
        });
  } catch (const std::exception&) {
    if (taking == nullptr) request->done(request->user, nullptr, 0);
  }
}

}  // namespace

const common::EventSink& event_sink() noexcept {
  static constexpr common::EventSink kSink{sizeof(common::EventSink), &take};
  return kSink;
}

}  // namespace events_service

// What publishers ask for, and what they are refused for.
#include <algorithm>
#include <trellis/networks.hpp>

#include "events_service.hpp"
#include "topics_here.hpp"

namespace events_service {

bool Batch::choose(const trellis::Shard& shard, const TopicView& topic) {
  for (const std::size_t index : topic.choosing()) {
    const SubscriptionEntry& one = topic.subscriptions[index];
    std::vector<std::uint32_t> asked;  // events that it would get
    for (const Wanted& each : wanted) {
      if (each.by == one.id) asked.push_back(each.event);
    }
    if (asked.empty()) continue;
    std::vector<trellis_message> seen;
    seen.reserve(asked.size());
    std::vector<const trellis_message*> messages;
    for (const std::uint32_t event : asked)
      messages.push_back(&seen.emplace_back(as_message(topic.name, events[event])));
    const auto passes = std::make_unique<bool[]>(asked.size());
    if (!one.settings->predicate->judge(shard, messages, {passes.get(), asked.size()})) return false;
    std::size_t next = 0;
    std::erase_if(wanted, [&](const Wanted& each) { return each.by == one.id && !passes[next++]; });
    std::vector<bool> got(events.size());
    for (const Wanted& each : wanted) got[each.event] = true;
    unmatched = static_cast<std::size_t>(std::ranges::count(got, false));
  }
  return true;
}

void TopicsHere::answered(const Answered& answered) noexcept {
  plugin_.metrics().count(shard_, answered);
  if (!audit_) return;
  try {
    audit_->count(answered.asked.client, answered.outcome);
  } catch (const std::exception&) {
    // Out of memory: one request less is logged.
  }
}

// Named by its path, by the host that was asked, or by nothing.
std::shared_ptr<const TopicView> TopicsHere::basic_topic(const trellis::Request& request,
                                                         const events::Route& route) const {
  const Settings& settings = plugin_.settings();
  if (!route.topic.empty()) return directory_->find(request.name_space(), route.topic);
  const std::string_view host = request.host();
  std::shared_ptr<const TopicView> topic;
  if (settings.topic_by_host && !trellis::ip_address(host))
    topic = directory_->find(request.name_space(), host.substr(0, host.find('.')));
  if (topic == nullptr && !settings.default_topic.empty())
    topic = directory_->find(request.name_space(), settings.default_topic);
  return topic;
}

events::Problem TopicsHere::no_basic_topic(const events::Route& route) const {
  if (!route.topic.empty())
    return events::problem(404, "there is no topic " + events::in_quotes(route.topic) + " in this namespace");
  const std::string& usual = plugin_.settings().default_topic;
  if (!usual.empty())
    return events::problem(404, "there is no topic " + events::in_quotes(usual) + " in this namespace");
  return events::problem(404,
                         "the path names no topic, expected /topics/{topic}/api/events, or the setting "
                         "api_events.default_topic of service-events");
}

const events::Problem* TopicsHere::read_events(const trellis::Request& request, const TopicView& topic, bool basic,
                                               std::span<const events::Event>& events) {
  const events::Problem* wrong = nullptr;
  if (basic) {
    wrong = basic_intake_.read(request, topic.settings.schema.get(), "/topics/" + topic.name);
    events = basic_intake_.events();
  } else {
    wrong = intake_.read(request.headers(), request.body());
    events = intake_.events();
  }
  return wrong;
}

void TopicsHere::refuse_publish(std::string_view topic, std::string_view peer, const events::Problem& problem,
                                Answer answer) {
  std::uint64_t unsaid = 0;
  const auto outcome = static_cast<std::size_t>(outcome_of(problem));
  if (publish_failures_[outcome].now(shard_.now().count(), unsaid)) {
    shard_.host().log(trellis::Level::warn, "a publish is refused",
                      {{"topic", events::shown(topic)},
                       {"peer", peer},
                       {"code", problem.code},
                       {"why", problem.message},
                       {"others_not_logged", unsaid}});
  }
  answer.refuse(problem);
}

}  // namespace events_service

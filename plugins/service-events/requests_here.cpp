// What the shard answers to requests.
#include <algorithm>

#include "at_home.hpp"
#include "consent/consent_requests.hpp"
#include "events_service.hpp"
#include "topics_here.hpp"

namespace events_service {
namespace {

using events::Operation;
using events::problem;

events::Problem no_such_topic(Operation operation, std::string_view topic) {
  return problem(operation == Operation::publish ? 410 : 404,
                 "there is no topic " + events::in_quotes(topic) + " in this namespace");
}

events::Problem no_such_subscription(const events::Route& route) {
  return problem(404, "topic " + events::in_quotes(route.topic) + " has no event subscription " +
                          events::in_quotes(route.subscription));
}

bool has(const Directory& directory, const TopicView& topic, SubscriptionId id) {
  const auto now = directory.find(topic.name_space, topic.name);
  return now != nullptr &&
         std::ranges::find(now->subscriptions, id, &SubscriptionEntry::id) != now->subscriptions.end();
}

// One that find() did not.
events::Problem not_here(const Directory& directory, const TopicView& topic, SubscriptionId id) {
  if (has(directory, topic, id)) return problem(503, "the broker stops, or cannot open the event subscription");
  return problem(404, "the event subscription is not there any more");
}

std::string takes_nothing(const TopicView& topic) {
  return "an event subscription of topic '" + topic.name + "' takes nothing at the time";
}

}  // namespace

void TopicsHere::on_request(const trellis::Request& request, trellis::Reply reply) {
  if (is_for_consents(request, plugin_)) return answer_consent(plugin_, request, std::move(reply));
  refresh();
  Answer answer(std::move(reply), shard_, plugin_.witness());
  if (audit_) answer.asked().client = Client::of(request);
  events::Route route;
  const auto wrong =
      events::parse_route({request.method(), request.path(), request.query(), true}, plugin_.settings().route, route);
  answer.asked().basic = route.basic;
  if (!wrong || wrong->status != 404) answer.asked().what = asking(route.operation);
  if (wrong) return answer.refuse(*wrong);
  const Right right = route.operation == Operation::publish ? Right::send : Right::receive;
  const Judged judged = access_.judge(request, right);
  answer.asked().client.shown = judged.shown;
  if (judged.refused) return answer.refuse(*judged.refused);
  auto topic = route.basic ? basic_topic(request, route) : directory_->find(request.name_space(), route.topic);
  if (route.operation == Operation::publish) {
    if (topic != nullptr) return publish_request(request, *topic, std::move(answer));
    return refuse_publish(route.topic, request.peer(),
                          route.basic ? no_basic_topic(route) : no_such_topic(route.operation, route.topic),
                          std::move(answer));
  }
  if (topic == nullptr) return answer.refuse(no_such_topic(route.operation, route.topic));
  const SubscriptionEntry* const entry = topic->find(route.subscription);
  if (entry == nullptr) return answer.refuse(no_such_subscription(route));
  // What follows is for who may receive of that subscription.
  if (events::is_of_dead_letters(route.operation))
    return dead_letter_requests_.answer(route, std::move(topic), *entry, std::move(answer));
  const SubscriptionId id = entry->id;
  if (route.operation == Operation::show_deliveries) return show_deliveries(std::move(topic), id, std::move(answer));
  if (route.operation == Operation::receive) return receive_request(route, std::move(topic), id, std::move(answer));
  settle_request(request, route, std::move(topic), id, std::move(answer));
}

void TopicsHere::publish_request(const trellis::Request& request, const TopicView& topic, Answer answer) {
  std::span<const events::Event> events;
  if (const events::Problem* const wrong = read_events(request, topic, answer.asked().basic, events)) {
    plugin_.metrics().publish_failed.add(shard_, static_cast<std::int64_t>(std::max<std::size_t>(1, events.size())));
    return refuse_publish(topic.name, request.peer(), *wrong, std::move(answer));
  }
  Batch batch = std::exchange(batch_, {});  // somebody may come while this one is answered
  batch.clear();
  for (const events::Event& event : events) batch.add(event.json, event.view(), topic.filters());
  if (!batch.choose(shard_, topic)) {
    plugin_.metrics().publish_failed.add(shard_, static_cast<std::int64_t>(batch.events.size()));
    return refuse_publish(topic.name, request.peer(), problem(503, takes_nothing(topic)), std::move(answer));
  }
  const std::uint32_t home = topic.home->shard.load(std::memory_order_relaxed);
  if (home == shard_.index()) {
    publish(topic, batch, std::move(answer));
  } else {
    auto owned = std::make_unique<OwnedBatch>(batch);
    auto view = directory_->find(topic.name_space, topic.name);
    at_home(topic,
            [owned = std::move(owned), view = std::move(view), answer = std::move(answer)](TopicsHere& there) mutable {
              there.refresh();
              there.publish(*view, owned->get(), std::move(answer));
            });
  }
  batch_ = std::move(batch);
}

trellis_status TopicsHere::offer(const TopicView& topic, const Batch& batch, std::size_t& offers,
                                 std::uint32_t durability) {
  // Somebody may come while they are offered.
  std::vector<trellis_publication> publications = std::exchange(publications_, {});
  std::vector<trellis_offer> offered = std::exchange(offers_, {});
  publications.clear();
  offered.clear();
  for (const std::string_view event : batch.events) {
    trellis_publication& one = publications.emplace_back();
    one = {};
    one.struct_size = sizeof one;
    one.topic = trellis::view(topic.name);
    one.payload = trellis::view(event);
    one.qos = 1;
  }
  for (const Batch::Wanted& wanted : batch.wanted) {
    if (const Subscription* const to = find(topic, wanted.by)) {
      offered.push_back({to->handle(), wanted.event, 0});
    } else if (has(*directory_, topic, wanted.by)) {
      return TRELLIS_NO_MATCH;  // it is there, and cannot take it
    }                           // or it was removed since it was matched: nobody wants the event there
  }
  offers = offered.size();
  const trellis_status status = tables_.queues->offer(shard_.handle(), topic.name_space, publications.data(),
                                                      static_cast<std::uint32_t>(publications.size()), offered.data(),
                                                      static_cast<std::uint32_t>(offered.size()), durability);
  publications_ = std::move(publications);
  offers_ = std::move(offered);
  return status;
}

bool TopicsHere::keep(const TopicView& topic, const Batch& batch, std::function<void(bool kept)> done) {
  std::size_t offers = 0;
  if (offer(topic, batch, offers, topic.settings.durability) != TRELLIS_OK || offers < batch.events.size())
    return false;
  trellis::when_kept(tables_, shard_, topic.name_space, topic.settings.durability,
                     [alive = std::weak_ptr(alive_), done = std::move(done)](bool kept) {
                       if (!alive.expired()) done(kept);
                     });
  return true;
}

void TopicsHere::route(const TopicView& topic, const Batch& batch, const std::function<void(bool kept)>& done) {
  std::size_t offers = 0;
  // Volatile is never more than the namespace has.
  const std::uint32_t asked = topic.settings.durability;
  const std::uint32_t durability = asked == TRELLIS_DURABILITY_VOLATILE ? 0 : asked;
  if (draining_ || offer(topic, batch, offers, durability) != TRELLIS_OK) return done(false);
  count_matched(batch);
  if (topic.settings.mqtt != MqttMode::off) publish_to_mqtt(topic, batch);
  // The publisher was told that the message is kept as the namespace says, and its copy goes with the event.
  if (durability == 0) return trellis::when_kept(tables_, shard_, topic.name_space, 0, done);
  const auto both = std::make_shared<std::pair<int, bool>>(2, true);
  for (const std::uint32_t level : {std::uint32_t{0}, durability}) {
    trellis::when_kept(tables_, shard_, topic.name_space, level, [both, done](bool kept) {
      both->second = both->second && kept;
      if (--both->first == 0) done(both->second);
    });
  }
}

void TopicsHere::count_matched(const Batch& batch) {
  const auto unmatched = static_cast<std::int64_t>(batch.unmatched);
  const auto matched = static_cast<std::int64_t>(batch.events.size()) - unmatched;
  if (matched > 0) plugin_.metrics().matched.add(shard_, matched);
  if (unmatched > 0) plugin_.metrics().unmatched.add(shard_, unmatched);
}

void TopicsHere::publish(const TopicView& topic, const Batch& batch, Answer answer) {
  const Metrics& metrics = plugin_.metrics();
  const auto count = static_cast<std::int64_t>(batch.events.size());
  std::size_t offers = 0;
  const trellis_status status = offer(topic, batch, offers, topic.settings.durability);
  if (status != TRELLIS_OK) {
    metrics.publish_failed.add(shard_, count);
    if (status == TRELLIS_QUOTA) {
      events::Problem full =
          problem(403, "an event subscription of topic '" + topic.name + "' holds as many events as it may");
      full.code = "QuotaExceeded";
      return refuse_publish(topic.name, "", full, std::move(answer));
    }
    const std::string why = status == TRELLIS_NO_MATCH
                                ? takes_nothing(topic)
                                : std::string("the store takes nothing at the time: its disk is full or fails");
    return refuse_publish(topic.name, "", problem(503, why), std::move(answer));
  }
  if (topic.settings.mqtt != MqttMode::off) publish_to_mqtt(topic, batch);
  count_matched(batch);
  trellis::when_kept(tables_, shard_, topic.name_space, topic.settings.durability,
                     [this, alive = std::weak_ptr(alive_), count, answer = std::move(answer)](bool kept) mutable {
                       if (alive.expired()) return;
                       (kept ? plugin_.metrics().published : plugin_.metrics().publish_failed).add(shard_, count);
                       if (kept) return answer.send(shard_, answer.asked().basic ? "" : events::kPublished);
                       refuse_publish("", "",
                                      problem(503, "the store failed: whether the events are kept nobody can say"),
                                      std::move(answer));
                     });
}

void TopicsHere::publish_to_mqtt(const TopicView& topic, const Batch& batch) {
  const std::string_view name_space = shard_.host().name_space(topic.name_space).name;
  for (const std::string_view event : batch.events) {
    if (!bridge_.publish(name_space, topic.name, topic.settings.mqtt, event)) plugin_.metrics().mqtt_failed.add(shard_);
  }
}

void TopicsHere::show_deliveries(std::shared_ptr<const TopicView> topic, SubscriptionId id, Answer answer) {
  const TopicView& at = *topic;
  at_home(at, [topic = std::move(topic), id, answer = std::move(answer)](TopicsHere& there) mutable {
    there.refresh();
    const Subscription* const subscription = there.find(*topic, id);
    if (subscription == nullptr) return answer.refuse(not_here(*there.directory_, *topic, id));
    const auto deliveries = subscription->deliveries();
    if (!deliveries) return answer.refuse(problem(400, "events of this event subscription are not pushed"));
    answer.send(there.shard_, *deliveries);
  });
}

void TopicsHere::receive_request(const events::Route& route, std::shared_ptr<const TopicView> topic, SubscriptionId id,
                                 Answer answer) {
  Receive request{std::move(answer), route.max_events, route.max_wait_s};
  const TopicView& at = *topic;
  // Where the topic lives nobody could give it more time.
  if (at.home->shard.load(std::memory_order_relaxed) != shard_.index())
    request.answer.extend(shard_, std::chrono::seconds(route.max_wait_s + 20));
  at_home(at, [topic = std::move(topic), id, request = std::move(request)](TopicsHere& there) mutable {
    there.refresh();
    there.receive(*topic, id, std::move(request));
  });
}

void TopicsHere::receive(const TopicView& topic, SubscriptionId id, Receive request) {
  Subscription* const subscription = find(topic, id);
  if (draining_) request.wait_s = 0;
  if (subscription != nullptr && subscription->pushes())
    return request.answer.refuse(problem(400, "events of this event subscription are pushed: nobody receives them"));
  if (subscription != nullptr) return subscription->receive(std::move(request));
  plugin_.metrics().receive_failed.add(shard_);
  request.answer.refuse(not_here(*directory_, topic, id));
}

namespace {

/// Tokens that outlive their request.
struct OwnedTokens {
  explicit OwnedTokens(std::span<const events::AskedToken> from) {
    std::size_t size = 0;
    for (const events::AskedToken& token : from) size += token.text.size();
    bytes.reserve(size);
    for (const events::AskedToken& token : from) {
      tokens.push_back({{bytes.data() + bytes.size(), token.text.size()}, token.repeated});
      bytes.append(token.text);
    }
  }
  OwnedTokens(const OwnedTokens&) = delete;
  OwnedTokens& operator=(const OwnedTokens&) = delete;
  std::string bytes;
  std::vector<events::AskedToken> tokens;
};

}  // namespace

void TopicsHere::settle_request(const trellis::Request& request, const events::Route& route,
                                std::shared_ptr<const TopicView> topic, SubscriptionId id, Answer answer) {
  if (const auto wrong = settle_.read(request.body())) return answer.refuse(*wrong);
  const Settlement how{route.operation, route.release_delay_s};
  if (topic->home->shard.load(std::memory_order_relaxed) == shard_.index())
    return settle(*topic, id, how, settle_.tokens(), route.version, std::move(answer));
  auto tokens = std::make_unique<OwnedTokens>(settle_.tokens());
  const TopicView& at = *topic;
  at_home(at, [topic = std::move(topic), id, how, tokens = std::move(tokens), version = route.version,
               answer = std::move(answer)](TopicsHere& there) mutable {
    there.refresh();
    there.settle(*topic, id, how, tokens->tokens, version, std::move(answer));
  });
}

void TopicsHere::settle(const TopicView& topic, SubscriptionId id, const Settlement& how,
                        std::span<const events::AskedToken> tokens, events::ApiVersion version, Answer answer) {
  Subscription* const subscription = find(topic, id);
  if (subscription == nullptr) return answer.refuse(not_here(*directory_, topic, id));
  settled_.clear();
  subscription->settle(how, tokens, settled_);
  count_settled(how.operation, settled_);
  std::string body;
  events::append_settled(body, settled_, version);
  // What a client was told is so after a restart, too.
  trellis::when_kept(
      tables_, shard_, topic.name_space, topic.settings.durability,
      [this, alive = std::weak_ptr(alive_), body = std::move(body), answer = std::move(answer)](bool kept) mutable {
        if (alive.expired()) return;
        if (kept) return answer.send(shard_, body);
        answer.refuse(problem(503, "the store failed: whether this is kept nobody can say"));
      });
}

void TopicsHere::count_settled(Operation operation, std::span<const events::Settled> tokens) {
  const auto failed =
      std::ranges::count_if(tokens, [](const auto& one) { return one.error != events::TokenError::none; });
  const auto done = static_cast<std::int64_t>(tokens.size()) - failed;
  const Metrics& metrics = plugin_.metrics();
  const auto count = [&](const trellis::Metric& success, const trellis::Metric& failure) {
    if (done > 0) success.add(shard_, done);
    if (failed > 0) failure.add(shard_, failed);
  };
  if (operation == Operation::acknowledge) count(metrics.acknowledged, metrics.acknowledge_failed);
  if (operation == Operation::release) count(metrics.released, metrics.release_failed);
  if (operation == Operation::reject) count(metrics.rejected, metrics.reject_failed);
  if (operation == Operation::renew_lock) count(metrics.renewed, metrics.renew_failed);
}

}  // namespace events_service

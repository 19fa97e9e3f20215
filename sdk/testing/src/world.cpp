// Time, turns, messages and publishing of the kernel in miniature.
#include "world.hpp"

#include <algorithm>
#include <barrier>
#include <cstring>
#include <thread>
#include <trellis/testing/plugin_work.hpp>
#include <utility>

namespace trellis::testing {
namespace {

constexpr int kMostTurns = 100;  // of whoever waits until nothing is left to do

thread_local const CallScope* current_call = nullptr;
thread_local std::uint32_t host_work = 0;
thread_local bool among_others = false;  // one of the threads of at_once()

}  // namespace

CallScope::CallScope(std::string_view function, FakeShard* on, bool is_hot)
    : name(function), shard(on), hot(is_hot), outer(current_call) {
  current_call = this;
}
CallScope::~CallScope() { current_call = outer; }
const CallScope* CallScope::current() { return current_call; }

HostWork::HostWork() noexcept { ++host_work; }
HostWork::~HostWork() { --host_work; }

bool in_hot_plugin_call() noexcept { return current_call != nullptr && current_call->hot && host_work == 0; }

FakeMessage::FakeMessage(World& world, const Sample& from, std::int64_t published_at, bool is_borrowed)
    : trellis_message{},
      owner(&world),
      sample(from),
      properties(view_pairs(sample.user_properties)),
      borrowed(is_borrowed) {
  struct_size = sizeof(trellis_message);
  flags = sample.flags();
  topic = view(sample.topic);
  payload = view(sample.payload);
  if (sample.content_type) content_type = view(*sample.content_type);
  if (sample.response_topic) response_topic = view(*sample.response_topic);
  if (sample.correlation_data) correlation_data = view(*sample.correlation_data);
  user_properties = properties.data();
  user_property_count = static_cast<std::uint32_t>(properties.size());
  qos = sample.qos;
  published_at_ms = published_at;
  if (sample.expiry_s) expires_at_ms = published_at + static_cast<std::int64_t>(*sample.expiry_s) * 1000;
  publisher = view(sample.publisher);
  publisher_identity = view(sample.publisher_identity);
}

void FakeMessage::guard(const char* call) {
  pages = std::make_unique<Lent>(call, true);
  for (trellis_view* part : {&topic, &payload, &content_type, &response_topic, &correlation_data})
    *part = pages->text(text(*part));
  user_properties = pages->pairs(sample.user_properties);
}

// Whoever reads a message after its call sees this, not what happened to stay there.
void FakeMessage::scribble() {
  pages.reset();
  std::fill(sample.topic.begin(), sample.topic.end(), '\xDD');
  std::fill(sample.payload.begin(), sample.payload.end(), '\xDD');
  expired_borrow = true;
}

World::World(const TestHostOptions& from) : options(from), subscribers(*this) {
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    shards.push_back(std::make_unique<FakeShard>(FakeShard{this, i, {}, {}, options.shards_gone}));
  }
  make_resources();
}

World::~World() = default;

void World::violation(const std::string& sentence) {
  const std::lock_guard lock(mutex);
  violations.push_back(sentence);
}

bool World::expect_shard(std::string_view function, const FakeShard* shard) {
  const CallScope* call = CallScope::current();
  if (call != nullptr && call->shard == shard) return true;
  violation(std::string(function) + " is [shard], but was called from " +
            (call == nullptr          ? "a thread outside any call"
             : call->shard == nullptr ? call->name + ", which is [control]"
                                      : call->name + " on another shard"));
  return false;
}

FakeMessage* World::lend(const Sample& sample, const char* call) {
  const std::lock_guard lock(mutex);
  messages.push_back(std::make_unique<FakeMessage>(*this, sample, wall_ms, true));
  if (options.guarded) messages.back()->guard(call);
  return messages.back().get();
}

void World::end_borrow(FakeMessage* message) { message->scribble(); }

FakeMessage* World::retain(FakeMessage* message) {
  const HostWork work;
  const std::lock_guard lock(mutex);
  if (message->expired_borrow || (!message->borrowed && message->references == 0)) {
    violation("retain() of a message that is no longer valid");
  }
  if (!message->borrowed) {
    ++message->references;
    return message;
  }
  // Like the kernel for messages in a read buffer: the kept one lies elsewhere.
  messages.push_back(std::make_unique<FakeMessage>(*this, message->sample, message->published_at_ms, false));
  messages.back()->references = 1;
  if (options.guarded) messages.back()->guard("release");
  return messages.back().get();
}

void World::release(FakeMessage* message) {
  const std::lock_guard lock(mutex);
  if (message->borrowed || message->references == 0) {
    violation("release() of a message that was not retained");
    return;
  }
  if (--message->references == 0) message->scribble();
}

std::size_t World::retained_messages() {
  const std::lock_guard lock(mutex);
  return static_cast<std::size_t>(
      std::count_if(messages.begin(), messages.end(), [](const auto& m) { return m->references > 0; }));
}

std::uint32_t World::namespace_index(std::string_view name) const {
  for (std::size_t i = 0; i < namespaces.size(); ++i) {
    if (namespaces[i].first == name) return static_cast<std::uint32_t>(i);
  }
  throw std::out_of_range("no namespace " + std::string(name));
}

trellis_status World::publish(std::uint32_t name_space, const Sample& sample, const FakeConnection* from) {
  if (options.publish_status != Status::unset) return static_cast<trellis_status>(options.publish_status);
  if (sample.topic.empty() || sample.topic.find_first_of("+#") != std::string::npos) return TRELLIS_INVALID;
  if (judge_publication) {
    if (const Status status = judge_publication(sample); status != Status::unset) {
      return static_cast<trellis_status>(status);
    }
  }
  if (from != nullptr && judge_access && !judge_access(Action::publish, from->client_id, sample.topic)) {
    return TRELLIS_NOT_AUTHORIZED;
  }
  const std::size_t receivers = subscribers.route(name_space, sample, from);
  if (options.eager) subscribers.flush();
  return receivers > 0 ? TRELLIS_OK : TRELLIS_NO_MATCH;
}

bool World::run_posts() {
  bool any = false;
  for (const auto& shard : shards) {
    while (true) {
      Posted posted{};
      {
        const std::lock_guard lock(mutex);
        if (shard->due == 0) break;
        --shard->due;
        posted = shard->mailbox.front();
        shard->mailbox.pop_front();
      }
      const CallScope scope("a posted function", shard.get(), false);
      posted.fn(posted.user);
      any = true;
    }
  }
  return any;
}

bool World::take_late_responses() {
  const std::lock_guard lock(mutex);
  const bool any = !late_responses.empty();
  for (auto& [token, answer] : std::exchange(late_responses, {})) responses[token] = std::move(answer);
  return any;
}

bool World::turn() {
  // A turn within a call would be a call within a call, which the kernel never makes here.
  if (CallScope::current() != nullptr || among_others) return false;
  {
    const std::lock_guard lock(mutex);
    for (const auto& shard : shards) shard->due = shard->mailbox.size();
  }
  while (run_posts() || take_late_responses() || run_answers() || answer_lookups() || feed_all() ||
         subscribers.flush() || finish_closing() || exchanges.tell_of_ends(*this)) {
  }
  const std::lock_guard lock(mutex);
  return std::any_of(shards.begin(), shards.end(), [](const auto& shard) { return !shard->mailbox.empty(); });
}

void World::settle() {
  for (int turns = 0; turns < kMostTurns && turn(); ++turns) {
  }
}

void World::at_once(const std::function<void(std::uint32_t shard)>& function) {
  std::barrier<> begin(static_cast<std::ptrdiff_t>(shards.size()));
  std::vector<std::exception_ptr> thrown(shards.size());
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < shards.size(); ++i) {
      threads.emplace_back([&, i] {
        among_others = true;
        begin.arrive_and_wait();
        try {
          function(i);
        } catch (...) {
          thrown[i] = std::current_exception();
        }
      });
    }
  }
  settle();
  for (const std::exception_ptr& one : thrown) {
    if (one != nullptr) std::rethrow_exception(one);
  }
}

bool World::fire_timers() {
  for (const auto& shard : shards) {
    for (auto at = shard->timers.begin(); at != shard->timers.end(); ++at) {
      if (at->second.due_ms > now_ms) continue;
      const WaitingTimer timer = at->second;
      shard->timers.erase(at);
      const CallScope scope("a timer", shard.get(), false);
      timer.fn(timer.user);
      return true;
    }
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    FakeConnection& connection = *connections[i];
    if (!connection.open || connection.timer_due_ms == 0 || connection.timer_due_ms > now_ms) continue;
    connection.timer_due_ms = 0;
    const auto* table = connection.protocol();
    if (table->on_timer == nullptr) {
      violation("set_timer() without on_timer");
      continue;
    }
    const CallScope scope("on_timer", shards[connection.shard].get(), true);
    table->on_timer(connection.protocol_shard(), connection.user);
    return true;
  }
  return false;
}

void World::deny_overdue() {
  const std::lock_guard lock(mutex);
  for (auto& [token, question] : questions) {
    if (question.outcome.verdict != AuthVerdict::pending || question.deadline_ms > now_ms) continue;
    question.given_up = true;
    question.outcome.verdict = AuthVerdict::deny;
    question.outcome.status = Status::unavailable;
    question.outcome.reason = "no answer before the deadline";
  }
}

void World::advance(std::uint64_t ms) {
  settle();
  const std::uint64_t target = now_ms + ms;
  // From one due time to the next, so that what fires sees the time it asked for.
  while (true) {
    std::uint64_t next = target;
    const auto consider = [&](std::uint64_t due) {
      if (due > now_ms) next = std::min(next, due);
    };
    for (const auto& shard : shards) {
      for (const auto& [token, timer] : shard->timers) consider(timer.due_ms);
    }
    for (const auto& connection : connections) consider(connection->open ? connection->timer_due_ms : 0);
    for (const auto& subscriber : subscribers.all) consider(subscriber->expires_at_ms);
    for (const auto& [token, question] : questions) consider(question.deadline_ms);
    for (const auto& [token, delivery] : deliveries) consider(delivery.due_ms);
    wall_ms += static_cast<std::int64_t>(next - now_ms);
    now_ms = next;
    while (fire_timers()) settle();
    subscribers.expire();
    deny_overdue();
    time_out_deliveries();
    settle();
    if (now_ms >= target) return;
  }
}

}  // namespace trellis::testing

// What tests call; the work is done in World.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <trellis/testing/test_host.hpp>
#include <utility>

#include "world.hpp"

namespace trellis::testing {

namespace {

std::string kept_messages(World& world) {
  const std::size_t kept = world.retained_messages();
  return kept == 0 ? "" : std::to_string(kept) + " messages were retained and never released";
}

}  // namespace

TestHost::TestHost(const TestHostOptions& options) : world_(std::make_unique<World>(options)) { name_space("default"); }

TestHost::~TestHost() {
  // Those loaded last may use those loaded first.
  for (auto& instance : world_->instances) instance->drain(std::chrono::milliseconds(0));
  while (!world_->instances.empty()) world_->instances.pop_back();
  if (const std::string kept = kept_messages(*world_); !kept.empty()) world_->violation(kept);
  if (world_->violations.empty() || world_->options.forgives) return;
  for (const std::string& sentence : world_->violations) std::fprintf(stderr, "TestHost: %s\n", sentence.c_str());
  std::fprintf(stderr, "TestHost: the plugin broke its contract; take_violations() where a test expects that\n");
  std::abort();
}

Instance& TestHost::load(const trellis_plugin& entry, std::string_view settings) {
  auto made = std::make_unique<Instance>(*world_, entry);
  const auto step = [&](const Result<void>& result) {
    if (!result) throw std::runtime_error("plugin '" + std::string(made->id()) + "': " + result.error().text);
  };
  step(made->create());
  step(made->configure(settings));
  step(made->start());
  world_->instances.push_back(std::move(made));
  tell_of_lenders();
  world_->settle();
  return *world_->instances.back();
}

// As a reload does: an instance that another one of its plugin replaced hears nothing.
void TestHost::tell_of_lenders() {
  std::map<std::string_view, Instance*> newest;
  for (const auto& instance : world_->instances) newest[instance->id()] = instance.get();
  for (const auto& [id, instance] : newest) {
    const auto* borrower = instance->state() == State::running ? instance->table<trellis_borrower>() : nullptr;
    if (borrower == nullptr) continue;
    const CallScope scope("lenders_changed", nullptr, false);
    borrower->lenders_changed(instance->get());
  }
}

std::string TestHost::refusal(const trellis_plugin& entry, std::string_view settings) {
  Instance made(*world_, entry);
  for (const auto& step :
       {std::function([&] { return made.create(); }), std::function([&] { return made.configure(settings); }),
        std::function([&] { return made.start(); })}) {
    if (const auto result = step(); !result) return result.error().text;
  }
  return {};
}

void TestHost::advance(std::chrono::milliseconds time) { world_->advance(static_cast<std::uint64_t>(time.count())); }
std::chrono::milliseconds TestHost::now() const {
  return std::chrono::milliseconds(static_cast<std::int64_t>(world_->now_ms));
}
std::chrono::milliseconds TestHost::wall() const { return std::chrono::milliseconds(world_->wall_ms); }
void TestHost::turn() { world_->turn(); }
void TestHost::at_once(const std::function<void(std::uint32_t)>& function) { world_->at_once(function); }

bool TestHost::wait(const std::function<bool()>& done, std::chrono::milliseconds real_time) {
  const auto deadline = std::chrono::steady_clock::now() + real_time;
  while (true) {
    world_->settle();
    if (done()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
}

std::vector<LogLine> TestHost::logs() const {
  const std::lock_guard lock(world_->mutex);
  return world_->logs;
}

bool TestHost::logged(std::string_view text) const {
  const auto lines = logs();
  return std::any_of(lines.begin(), lines.end(), [&](const LogLine& line) {
    return line.text.find(text) != std::string::npos ||
           std::any_of(line.fields.begin(), line.fields.end(),
                       [&](const auto& field) { return field.second.find(text) != std::string::npos; });
  });
}

std::int64_t TestHost::metric(std::string_view name, std::string_view labels) const {
  const std::lock_guard lock(world_->mutex);
  std::string key(name);
  if (!labels.empty()) key += "{" + std::string(labels) + "}";
  const auto found = world_->metrics.find(key);
  if (found == world_->metrics.end()) throw std::out_of_range("no metric " + key + " was declared");
  return found->second.value;
}

const std::vector<Published>& TestHost::published() const { return world_->published; }
std::uint64_t TestHost::late_answers() const {
  const std::lock_guard lock(world_->mutex);
  return world_->late_answers;
}
std::uint64_t TestHost::wrong_answers() const {
  const std::lock_guard lock(world_->mutex);
  return world_->wrong_answers;
}
std::vector<Revoked> TestHost::revoked() const {
  const std::lock_guard lock(world_->mutex);
  return world_->revoked;
}

std::uint64_t TestHost::forgotten_decisions() const { return world_->forgotten_decisions; }

std::vector<std::string> TestHost::left_behind() const {
  std::vector<std::string> left;
  if (std::string kept = kept_messages(*world_); !kept.empty()) left.push_back(std::move(kept));
  std::size_t timers = 0;
  for (const auto& shard : world_->shards) timers += shard->timers.size();
  if (timers > 0) left.push_back(std::to_string(timers) + " timers were started and neither fired nor were cancelled");
  return left;
}

std::vector<std::string> TestHost::take_violations() {
  const std::lock_guard lock(world_->mutex);
  return std::exchange(world_->violations, {});
}

std::uint32_t TestHost::name_space(std::string_view name, std::string_view plugin_block) {
  auto& all = world_->namespaces;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& n) { return n.first == name; });
  if (found != all.end()) {
    found->second = plugin_block;
    return static_cast<std::uint32_t>(found - all.begin());
  }
  all.emplace_back(name, plugin_block);
  return static_cast<std::uint32_t>(all.size() - 1);
}

void TestHost::on_authenticate(std::function<AuthOutcome(const Client&)> judge) {
  world_->judge_client = std::move(judge);
}
void TestHost::on_authorize(std::function<bool(Action, std::string_view, std::string_view)> judge) {
  world_->judge_access = std::move(judge);
}
void TestHost::on_admit(std::function<Admission(std::string_view, std::string_view)> judge) {
  world_->judge_admission = std::move(judge);
}
void TestHost::on_request(std::function<ResponseSample(const RequestSample&)> answer) {
  world_->answer_request = std::move(answer);
}
void TestHost::before_late_answer(std::function<void()> happens) { world_->before_late_answer = std::move(happens); }
void TestHost::on_publish(std::function<Status(const Sample&)> judge) { world_->judge_publication = std::move(judge); }

Status TestHost::publish(const Sample& sample, std::string_view name_space) {
  const auto status = world_->publish(world_->namespace_index(name_space), sample, nullptr);
  world_->settle();
  return static_cast<Status>(status);
}

void TestHost::deliver(std::string_view subscriber, const Sample& sample, std::vector<std::uint32_t> identifiers,
                       std::uint32_t flags) {
  FakeSubscriber* found = world_->subscribers.find(0, subscriber);
  if (found == nullptr) throw std::out_of_range("no subscriber " + std::string(subscriber));
  world_->subscribers.enqueue(*found, {sample, sample.qos, flags, std::move(identifiers), 0});
  world_->settle();
}

SubscriberFacts TestHost::subscriber(std::string_view name, std::string_view name_space) const {
  const FakeSubscriber* found = world_->subscribers.find(world_->namespace_index(name_space), name);
  if (found == nullptr) return {};
  SubscriberFacts out{true,        found->attached != nullptr, found->queue.size(), 0, found->window, {},
                      found->memo, found->limits.overflow};
  for (const auto& message : found->queue) out.leased += message.lease != 0 ? 1U : 0U;
  for (const auto& [key, subscription] : found->subscriptions) {
    out.filters.push_back(key.second.empty() ? key.first : "$share/" + key.second + "/" + key.first);
  }
  return out;
}

void TestHost::end_subscriber(std::string_view name, std::uint32_t reason) {
  if (FakeSubscriber* found = world_->subscribers.find(0, name)) world_->subscribers.end(*found, reason);
  world_->settle();
}

const std::vector<Settled>& TestHost::settled() const { return world_->subscribers.settled; }

void TestHost::refuse_offers(bool refuse) { world_->refuse_offers = refuse; }

const std::vector<std::uint32_t>& TestHost::offered_durability() const { return world_->offered_durability; }

std::vector<std::uint32_t> TestHost::awaited_durability() const {
  std::vector<std::uint32_t> all;
  for (const HeldKept& one : world_->held_kept) all.push_back(one.durability);
  return all;
}

void TestHost::hold_kept() { world_->hold_kept = true; }

void TestHost::release_kept(Status status) {
  world_->hold_kept = false;
  for (const HeldKept& one : std::exchange(world_->held_kept, {})) {
    const CallScope scope("when_kept", one.shard, true);
    one.done(one.user, static_cast<trellis_status>(status));
  }
  world_->settle();
}

void TestHost::on_shard(Instance& instance, std::uint32_t index, const std::function<void(void*)>& function) {
  {
    const CallScope scope("on_shard", world_->shards.at(index).get(), false);
    function(instance.shard(index));
  }
  world_->settle();
}

}  // namespace trellis::testing

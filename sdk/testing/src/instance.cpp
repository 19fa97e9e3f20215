// A plugin's life cycle, step by step, with the promises of each step checked.
#include <trellis/abi/connection.h>

#include <algorithm>
#include <trellis/testing/instance.hpp>
#include <trellis/testing/normalise.hpp>

#include "world.hpp"

namespace trellis::testing {
namespace {

/// A step that was refused, with what the contract says about refusals checked.
Error failure(const Instance& instance, const char* step, trellis_status status, const trellis_error& error) {
  const std::string who = name_of(instance) + " refused " + step + "() ";
  if (status <= TRELLIS_STATUS_UNSET || status > TRELLIS_INTERNAL) {
    instance.world().violation(who + "with status " + std::to_string(status) + ", which is none");
  }
  if (error.size > sizeof error.text) {
    instance.world().violation(who + "with " + std::to_string(error.size) + " bytes of text, and " +
                               std::to_string(sizeof error.text) + " fit");
  }
  if (error.size == 0) instance.world().violation(who + "without a sentence");
  const std::string sentence(error.text, std::min<std::size_t>(error.size, sizeof error.text));
  return fail(sentence.empty() ? "refused without a sentence" : sentence, static_cast<Status>(status));
}

}  // namespace

Instance::Instance(World& world, const trellis_plugin& entry)
    : world_(&world), entry_(&entry), handle_(std::make_unique<HostHandle>(HostHandle{&world, this})) {}

Instance::~Instance() { destroy(); }

std::string_view Instance::id() const noexcept { return text(entry_->descriptor->id); }

Result<void> Instance::create() {
  const trellis_descriptor& facts = *entry_->descriptor;
  auto* host = reinterpret_cast<trellis_host*>(handle_.get());
  for (std::uint32_t i = 0; i < facts.wants_count; ++i) {
    if (host_table()->get_table(host, facts.wants[i]) != nullptr) continue;
    return fail("wants the host table \"" + std::string(text(facts.wants[i])) + "\", which this kernel does not offer");
  }
  const CallScope scope("create", nullptr, false);
  trellis_error error{sizeof error, 0, {}};
  const trellis_status status = entry_->create(host, host_table(), &instance_, &error);
  if (status != TRELLIS_OK) return failure(*this, "create", status, error);
  if (instance_ == nullptr) return fail("create() answered TRELLIS_OK without an instance");
  state_ = State::created;
  return ok();
}

Result<void> Instance::configure(std::string_view settings) {
  auto ready = normalise(text(entry_->descriptor->config_schema), settings);
  if (!ready) return ready.error();
  trellis_error error{sizeof error, 0, {}};
  Lent lent = world_->lent("configure");
  const CallScope scope("configure", nullptr, false);
  const trellis_status status = entry_->configure(instance_, lent.text(*ready), &error);
  if (status != TRELLIS_OK) return failure(*this, "configure", status, error);
  state_ = State::configured;
  return ok();
}

Result<void> Instance::start_alone() {
  const CallScope scope("start", nullptr, false);
  trellis_error error{sizeof error, 0, {}};
  const trellis_status status = entry_->start(instance_, &error);
  if (status != TRELLIS_OK) return failure(*this, "start", status, error);
  state_ = State::running;
  return ok();
}

Result<void> Instance::start() {
  if (auto started = start_alone(); !started) return started;
  for (const auto& shard : world_->shards) {
    if (entry_->shard_open == nullptr) {
      shards_.push_back(instance_);
      continue;
    }
    const CallScope scope("shard_open", shard.get(), false);
    void* state = entry_->shard_open(instance_, handle_of(*shard), shard->index);
    if (state == nullptr) return fail("shard_open() answered null for shard " + std::to_string(shard->index));
    shards_.push_back(state);
  }
  return ok();
}

void Instance::drain(std::chrono::milliseconds deadline) {
  if (state_ != State::running) return;
  state_ = State::draining;
  if (entry_->drain == nullptr) return;
  const CallScope scope("drain", nullptr, false);
  entry_->drain(instance_, static_cast<std::uint64_t>(deadline.count()));
}

void Instance::stop() {
  if (state_ == State::none || state_ == State::destroyed) return;
  for (const auto& connection : world_->connections) {
    if (connection->instance == this && connection->open) world_->close(*connection, TRELLIS_CLOSE_SHUTDOWN);
    if (connection->instance != this || connection->layer_user == nullptr) continue;
    const CallScope scope("on_close", world_->shards[connection->shard].get(), false);
    table<trellis_layer>()->on_close(shard(connection->shard), std::exchange(connection->layer_user, nullptr));
  }
  world_->exchanges.end_all(*world_, *this);
  world_->end_dials(*this);
  // What was posted meanwhile still runs, as the broker's shards go on.
  if (!shards_.empty()) world_->settle();
  // As when the broker stops: queues in memory do not outlive it.
  if (!shards_.empty()) world_->subscribers.end_all(*this);
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (entry_->shard_open == nullptr || entry_->shard_close == nullptr) continue;
    const CallScope scope("shard_close", world_->shards[i].get(), false);
    entry_->shard_close(shards_[i]);
  }
  shards_.clear();
  const CallScope scope("stop", nullptr, false);
  entry_->stop(instance_);
  world_->expect_store_answers(*this);
  state_ = State::stopped;
}

void Instance::destroy() {
  if (state_ == State::none || state_ == State::destroyed) return;
  stop();
  stop();  // the contract says possibly twice, so it always is here
  world_->forget_resources(*this);
  const CallScope scope("destroy", nullptr, false);
  entry_->destroy(instance_);
  instance_ = nullptr;
  state_ = State::destroyed;
}

const void* Instance::find_table(std::string_view id) {
  if (instance_ == nullptr) return nullptr;
  const CallScope scope("get_table", nullptr, false);
  return entry_->get_table(instance_, view(id));
}

}  // namespace trellis::testing

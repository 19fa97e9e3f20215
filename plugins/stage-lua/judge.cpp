// What the plugin does with messages.
#include <trellis/topic.hpp>

#include "stage_lua.hpp"

namespace lua {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t microseconds(Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

StageLua::ShardState::ShardState(StageLua& plugin, trellis::Shard& shard)
    : services(
          shard, plugin.name_, *plugin.store_, *plugin.counters_,
          plugin.host().counter("trellis_lua_log_lines_suppressed_total", "Log lines of scripts that came too fast.")) {
  Budget::prepare_thread();
}

void StageLua::take_script(ShardState& state, const trellis::Shard& shard) noexcept {
  const std::uint64_t version = file_->version();
  if (version == state.version) return;
  if (state.script != nullptr) {
    const std::lock_guard lock(replaced_mutex_);
    replaced_.push_back(std::move(state.script));
  }
  state.script = file_->snapshot();  // at least as new as version
  state.version = version;
  state.runner = state.script->runners[shard.index()].get();
  state.runner->serve(state.services);
  state.errors = 0;
  state.bypassed_until = {};
}

void StageLua::on_messages(trellis::MessageBatch batch) noexcept {
  auto& state = batch.shard().state<ShardState>();
  take_script(state, batch.shard());
  if (state.bypassed_until > batch.shard().now()) {
    for (auto item : batch) item.pass();
    return bypassed_.add(batch.shard(), static_cast<std::int64_t>(batch.size()));
  }
  calls_.add(batch.shard(), static_cast<std::int64_t>(batch.size()));
  auto begin = Clock::now();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    judge(state, batch, i);
    const auto end = Clock::now();
    time_.add(batch.shard(), microseconds(end - begin));
    begin = end;
  }
}

void StageLua::judge(ShardState& state, const trellis::MessageBatch& batch, std::size_t index) noexcept {
  const Outcome& outcome = state.runner->call(options_.hook, batch[index], batch.name_space());
  if (const Failure failure = state.runner->failure(); failure != Failure::none)
    return fail(state, batch, index, failure, state.runner->error());
  switch (outcome.kind) {
    case Outcome::Kind::pass:
      return batch.set(index, trellis::Verdict::pass);
    case Outcome::Kind::drop:
      dropped_.add(batch.shard());
      return batch.set(index, trellis::Verdict::drop);
    case Outcome::Kind::targets:
      return send(state, batch, index, outcome);
  }
}

void StageLua::send(ShardState& state, const trellis::MessageBatch& batch, std::size_t index,
                    const Outcome& outcome) noexcept {
  const trellis::Message message = batch[index];
  const std::int64_t now = batch.shard().wall().count();
  const Target& first = outcome.targets.front();
  if (first.only_topic() && *first.topic == message.topic()) {
    batch.set(index, trellis::Verdict::pass);
  } else if (batch.replace(index, compose(message, first, now)) == trellis::Status::ok) {
    changed_.add(batch.shard());
  } else {
    return fail(state, batch, index, Failure::result,
                name_ + ": the broker does not take the message as it was changed");
  }
  for (std::size_t i = 1; i < outcome.targets.size(); ++i) {
    if (batch.copy(compose(message, outcome.targets[i], now)) != trellis::Status::ok)
      return fail(state, batch, index, Failure::result, name_ + ": the broker does not take a copy of the message");
    copies_.add(batch.shard());
  }
}

void StageLua::fail(ShardState& state, const trellis::MessageBatch& batch, std::size_t index, Failure failure,
                    std::string_view error) noexcept {
  const trellis::Shard& shard = batch.shard();
  errors_[static_cast<std::size_t>(failure)].add(shard);
  if (state.error_lines.take(shard.now())) {
    const std::string_view topic = batch[index].topic();
    host().log(
        trellis::Level::error, "the script failed",
        {{"error", error}, {"topic", topic.substr(0, 256)}, {"hook", name(options_.hook)}, {"version", state.version}});
  }
  batch.set(index, on_error_ == OnError::drop ? trellis::Verdict::drop : trellis::Verdict::pass);
  if (on_error_ != OnError::quarantine) return;
  if (shard.now() - state.counted_from >= quarantine_time_ || state.errors == 0) {
    state.counted_from = shard.now();
    state.errors = 0;
  }
  if (++state.errors < quarantine_errors_) return;
  state.errors = 0;
  state.bypassed_until = shard.now() + quarantine_time_;
  quarantines_.add(shard);
  host().log(trellis::Level::error, "the script failed too often and is not asked for a while",
             {{"script", name_},
              {"errors", quarantine_errors_},
              {"time_ms", quarantine_time_.count()},
              {"shard", shard.index()}});
}

}  // namespace lua

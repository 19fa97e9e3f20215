// What the plugin does with messages.
#include <trellis/topic.hpp>

#include "stage_lua.hpp"

namespace lua {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

void StageLua::on_messages(trellis::MessageBatch batch) noexcept {
  auto& state = batch.shard().state<ShardState>();
  Runner& runner = state.script->take();
  if (state.version != state.script->version()) {
    state.version = state.script->version();
    state.errors = 0;
    state.bypassed_until = {};
  }
  const bool quarantined = state.bypassed_until > batch.shard().now();
  // What the script sends itself passes as what it copies does: asked again it might send without end.
  const bool own = hook_ == Hook::publish && state.script->services().publishing();
  if (quarantined || own || !runner.has(hook_)) {
    for (auto item : batch) item.pass();
    if (quarantined) bypassed_.add(batch.shard(), static_cast<std::int64_t>(batch.size()));
    return;
  }
  state.script->count_calls(static_cast<std::int64_t>(batch.size()));
  auto begin = Clock::now();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    judge(state, runner, batch, i);
    const auto end = Clock::now();
    state.script->count_time(end - begin);
    begin = end;
  }
}

void StageLua::judge(ShardState& state, Runner& runner, const trellis::MessageBatch& batch,
                     std::size_t index) noexcept {
  const trellis_message* message = batch[index].get();
  const Subject subject{.name_space = batch.name_space(),
                        .message = message,
                        .client_id = trellis::text(message->publisher),
                        .client_name = trellis::text(message->publisher_identity),
                        .identity = batch.publisher()};
  if (!runner.call(hook_, subject, state.reader)) return fail(state, batch, index, runner.failure(), runner.error());
  switch (state.reader.outcome().kind) {
    case Outcome::Kind::pass:
      return batch.set(index, trellis::Verdict::pass);
    case Outcome::Kind::drop:
      dropped_.add(batch.shard());
      return batch.set(index, trellis::Verdict::drop);
    case Outcome::Kind::targets:
      return send(state, batch, index);
  }
}

void StageLua::send(ShardState& state, const trellis::MessageBatch& batch, std::size_t index) noexcept {
  const trellis::Message message = batch[index];
  const std::int64_t now = batch.shard().wall().count();
  const Outcome& outcome = state.reader.outcome();
  const Target& first = outcome.targets.front();
  if (first.only_topic() && *first.topic == message.topic()) {
    batch.set(index, trellis::Verdict::pass);
  } else if (batch.replace(index, compose(message, first, now)) == trellis::Status::ok) {
    changed_.add(batch.shard());
  } else {
    return fail(state, batch, index, Failure::result,
                script_.name() + ": the broker does not take the message as it was changed");
  }
  for (std::size_t i = 1; i < outcome.targets.size(); ++i) {
    if (batch.copy(compose(message, outcome.targets[i], now)) != trellis::Status::ok)
      return fail(state, batch, index, Failure::result,
                  script_.name() + ": the broker does not take a copy of the message");
    copies_.add(batch.shard());
  }
}

void StageLua::fail(ShardState& state, const trellis::MessageBatch& batch, std::size_t index, Failure failure,
                    std::string_view error) noexcept {
  const std::string_view topic = batch[index].topic();
  state.script->failed(failure, error, name(hook_), {"topic", topic.substr(0, 256)});
  batch.set(index, on_error_ == OnError::drop ? trellis::Verdict::drop : trellis::Verdict::pass);
  if (on_error_ == OnError::quarantine) count_error(state, batch.shard());
}

void StageLua::count_error(ShardState& state, const trellis::Shard& shard) noexcept {
  if (shard.now() - state.counted_from >= quarantine_time_ || state.errors == 0) {
    state.counted_from = shard.now();
    state.errors = 0;
  }
  if (++state.errors < quarantine_errors_) return;
  state.errors = 0;
  state.bypassed_until = shard.now() + quarantine_time_;
  quarantines_.add(shard);
  host().log(trellis::Level::error, "the script failed too often and is not asked for a while",
             {{"script", script_.name()},
              {"errors", quarantine_errors_},
              {"time_ms", quarantine_time_.count()},
              {"shard", shard.index()}});
}

}  // namespace lua

#include "authorizer_lua.hpp"

#include <string>
#include <utility>

namespace lua {
namespace {

using trellis::Access;

Hook hook_of(trellis::Action action) noexcept {
  switch (action) {
    case trellis::Action::publish:
      return Hook::may_publish;
    case trellis::Action::subscribe:
      return Hook::subscribe;
    case trellis::Action::receive:
      return Hook::may_receive;
  }
  return Hook::connect;
}

Subject subject_of(const trellis::AccessRequest& question, const trellis_identity* identity) noexcept {
  return {.name_space = question.name_space(),
          .client_id = question.client_id(),
          .client_name = question.identity().name(),
          .identity = identity,
          .text = question.topic()};
}

/// As a limit of several authorizers is read: 0 is none.
template <class Number>
void lower(Number& limit, Number found) noexcept {
  if (found != 0 && (limit == 0 || found < limit)) limit = found;
}

}  // namespace

trellis::Schema AuthorizerLua::schema() {
  return ScriptHost::settings(
             trellis::Schema{}
                 .choice("on_error", {"deny", "defer"},
                         {.help = "What a call that failed answers. \"defer\": as if the script had no such function: "
                                  "the client is let in, the next authorizer is asked.",
                          .fallback = "deny"})
                 .boolean("receive", {.help = "Whether may_receive is asked about every delivery. Answers are "
                                              "remembered, but each delivery is looked up.",
                                      .fallback = false}))
      .example(R"({"script": "access.lua"})")
      .example(R"({"script": "/etc/trellis/access.lua", "receive": true, "on_error": "defer"})");
}

trellis::Result<void> AuthorizerLua::configure(const trellis::Config& config) {
  deny_on_error_ = config.text("on_error") == "deny";
  judges_receive_ = config.boolean("receive");
  return script_.configure(config, [this](const Runner& runner) -> trellis::Result<void> {
    if (judges_receive_ && !runner.has(Hook::may_receive))
      return trellis::fail("there is no function may_receive(topic, client), which the setting receive wants asked");
    for (const Hook hook : {Hook::connect, Hook::subscribe, Hook::may_publish}) {
      if (runner.has(hook)) return trellis::ok();
    }
    if (judges_receive_) return trellis::ok();
    return trellis::fail(
        "there is none of the functions on_connect(client), on_subscribe(filter, client) and may_publish(topic, "
        "client)");
  });
}

trellis::Result<void> AuthorizerLua::start() {
  declare_metrics();
  // The kernel remembers answers: those of the script that was replaced do not hold any more.
  return script_.start(host(), [this] { forget_decisions(); });
}

// The script that answers what comes still is the one it has.
void AuthorizerLua::drain(std::chrono::milliseconds) { script_.stop(); }

void AuthorizerLua::stop() { script_.stop(); }

void AuthorizerLua::declare_metrics() {
  const std::pair<Access, std::string_view> answers[] = {
      {Access::allow, "allow"}, {Access::deny, "deny"}, {Access::defer, "defer"}};
  for (const Hook hook : {Hook::connect, Hook::subscribe, Hook::may_publish, Hook::may_receive}) {
    for (const auto& [access, word] : answers) {
      decisions_[static_cast<std::size_t>(hook)][static_cast<std::size_t>(access)] =
          script_.counter(host(), "decisions", "What scripts answered, failed calls among them.",
                          "hook=\"" + std::string(name(hook)) + "\",decision=\"" + std::string(word) + "\"");
    }
  }
}

void AuthorizerLua::count(const trellis::Shard& shard, Hook hook, Access access) const noexcept {
  decisions_[static_cast<std::size_t>(hook)][static_cast<std::size_t>(access)].add(shard);
}

void AuthorizerLua::authorize(trellis::AccessBatch batch) noexcept {
  auto& state = batch.shard().state<ShardState>();
  batch.judge([&](const trellis::AccessRequest& question) { return judge(state, question); });
}

Access AuthorizerLua::judge(ShardState& state, const trellis::AccessRequest& question) noexcept {
  const Hook hook = hook_of(question.action());
  Runner& runner = state.script->take();
  if (!runner.has(hook)) return Access::defer;
  const TimedCall timed(*state.script);
  Access access = deny_on_error_ ? Access::deny : Access::defer;
  if (runner.call(hook, subject_of(question, question.identity().get()), state.verdict)) {
    using Verdict = VerdictReader::Verdict;
    const Verdict verdict = state.verdict.verdict();
    access = verdict == Verdict::yes ? Access::allow : verdict == Verdict::no ? Access::deny : Access::defer;
  } else {
    state.script->failed(runner, name(hook), {"topic", question.topic().substr(0, 256)});
  }
  count(state.script->shard(), hook, access);
  return access;
}

trellis::Result<void> AuthorizerLua::admit(const trellis::AccessRequest& client, const trellis::Shard& shard,
                                           trellis::ClientLimits& limits) {
  auto& state = shard.state<ShardState>();
  Runner& runner = state.script->take();
  if (!runner.has(Hook::connect)) return trellis::ok();
  const TimedCall timed(*state.script);
  AdmissionReader& reader = state.admission;
  if (!runner.call(Hook::connect, subject_of(client, client.identity().get()), reader)) {
    state.script->failed(runner, "on_connect", {"client", client.client_id().substr(0, 256)});
    count(shard, Hook::connect, deny_on_error_ ? Access::deny : Access::defer);
    if (!deny_on_error_) return trellis::ok();
    return trellis::fail("the script that decides about clients failed", trellis::Status::not_authorized);
  }
  count(shard, Hook::connect, reader.refused() ? Access::deny : Access::allow);
  if (reader.refused()) {
    return trellis::fail(reader.reason().empty() ? "the script does not allow it" : reader.reason(),
                         trellis::Status::not_authorized);
  }
  lower(limits.sessions, reader.limits().sessions);
  lower(limits.subscriptions, reader.limits().subscriptions);
  lower(limits.session_expiry_s, reader.limits().session_expiry_s);
  lower(limits.publishes_per_s, reader.limits().publishes_per_s);
  lower(limits.bytes_per_s, reader.limits().bytes_per_s);
  return trellis::ok();
}

void AuthorizerLua::explain(const trellis::AccessRequest& question, const trellis::Shard& shard,
                            const trellis::ExplainSink& sink) {
  auto& state = shard.state<ShardState>();
  const Hook hook = hook_of(question.action());
  const std::string what = script_.name() + ": " + std::string(name(hook));
  Runner& runner = state.script->take();
  if (!runner.has(hook)) return sink(what, "there is no such function: the next authorizer is asked");
  const TimedCall timed(*state.script);
  if (!runner.call(hook, subject_of(question, question.identity().get()), state.verdict)) {
    return sink(what,
                std::string(deny_on_error_ ? "failed, which denies: " : "failed, the next authorizer is asked: ") +
                    runner.error());
  }
  using Verdict = VerdictReader::Verdict;
  const std::string& reason = state.verdict.reason();
  switch (state.verdict.verdict()) {
    case Verdict::yes:
      return sink(what, "allows it");
    case Verdict::no:
      return sink(what, reason.empty() ? "denies it" : "denies it: " + reason);
    case Verdict::none:
      return sink(what, "says nothing: the next authorizer is asked");
  }
}

}  // namespace lua

#include "predicate_lua.hpp"

#include <algorithm>
#include <utility>

namespace lua {
/// The plugin outlives what it compiled.
class PredicateLua::Chosen final : public trellis::Condition {
 public:
  Chosen(PredicateLua& plugin, std::uint64_t number_given, std::string function_named, std::string arguments_given)
      : number(number_given),
        function(std::move(function_named)),
        arguments(std::move(arguments_given)),
        plugin_(plugin) {}
  ~Chosen() override { plugin_.released(*this); }
  Chosen(const Chosen&) = delete;
  Chosen& operator=(const Chosen&) = delete;

  bool matches_on(const trellis::Shard& shard, const trellis::Message& message) const noexcept override {
    return plugin_.judge(*this, shard, message);
  }

  const std::uint64_t number;
  const std::string function;
  const std::string arguments;  // JSON

 private:
  PredicateLua& plugin_;
};

PredicateLua::ShardState::ShardState(PredicateLua& plugin, trellis::Shard& shard)
    : script(plugin.script_.open(shard)), bindings(std::make_shared<Bindings>(script)) {
  const std::lock_guard lock(plugin.mutex_);
  plugin.shards_.resize(std::max<std::size_t>(plugin.shards_.size(), shard.index() + 1));
  plugin.shards_[shard.index()] = bindings;
}

trellis::Schema PredicateLua::schema() {
  return ScriptHost::settings(trellis::Schema{}.choice(
                                  "on_error", {"drop", "pass"},
                                  {.help = "What becomes of an event whose call failed: the subscription does not get "
                                           "it, or gets it.",
                                   .fallback = "drop"}))
      .example(R"({"script": "chosen.lua"})");
}

trellis::Result<void> PredicateLua::configure(const trellis::Config& config) {
  pass_on_error_ = config.text("on_error") == "pass";
  return script_.configure(config, [this](const Runner& runner) -> trellis::Result<void> {
    const std::lock_guard lock(mutex_);
    for (const std::string& function : used_) {
      if (!runner.functions().contains(function))
        return trellis::fail("there is no function " + function + "(event, arguments), which a subscription names");
    }
    return trellis::ok();
  });
}

trellis::Result<void> PredicateLua::start() {
  passed_ = script_.counter(host(), "decisions", "What scripts answered, failed calls among them.",
                            R"(hook="event",decision="pass")");
  dropped_ = script_.counter(host(), "decisions", "What scripts answered, failed calls among them.",
                             R"(hook="event",decision="drop")");
  return script_.start(host());
}

// The script that answers what comes still is the one it has.
void PredicateLua::drain(std::chrono::milliseconds) { script_.stop(); }

void PredicateLua::stop() { script_.stop(); }

trellis::Result<std::unique_ptr<trellis::Condition>> PredicateLua::compile(const trellis::Config& filter) {
  for (const auto& [key, value] : filter.members()) {
    if (key != "function" && key != "arguments")
      return trellis::fail(value.path() + ": there are \"function\" and \"arguments\" only");
  }
  const std::string function = filter.text("function", kEventFunction);
  if (function.empty()) return trellis::fail("/function: expected the name of a function of the script");
  const auto arguments = filter.find("arguments");
  // Until the start there is no script: then it is looked for when that is loaded.
  const auto script = script_.snapshot();
  if (script != nullptr && !script->runners.front()->functions().contains(function)) {
    return trellis::fail("/function: " + script_.name() + " has no function " + function + "(event, arguments)");
  }
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    used_.insert(function);
    number = next_++;
  }
  return std::make_unique<Chosen>(*this, number, function, arguments ? std::string(arguments->json()) : "{}");
}

void PredicateLua::released(const Chosen& filter) {
  const std::lock_guard lock(mutex_);
  used_.erase(used_.find(filter.function));
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    host().post(i, [bindings = shards_[i], number = filter.number] {
      if (const auto alive = bindings.lock()) alive->release(number);
    });
  }
}

const Bound& PredicateLua::Bindings::find(std::uint64_t number, const std::string& function,
                                          const std::string& arguments) noexcept {
  Binding& binding = of_filter_[number];
  if (binding.version == script_->version()) return binding.bound;
  binding = {script_->version(), {}};  // what the version of before had is gone with it
  Runner& runner = *script_->runner();
  if (!runner.bind(function.c_str(), arguments, binding.bound))
    script_->failed(runner, function, {"function", function});
  return binding.bound;
}

void PredicateLua::Bindings::release(std::uint64_t number) noexcept {
  const auto found = of_filter_.find(number);
  if (found == of_filter_.end()) return;
  if (found->second.version == script_->version()) script_->runner()->release(found->second.bound);
  of_filter_.erase(found);
}

bool PredicateLua::judge(const Chosen& filter, const trellis::Shard& shard,
                         const trellis::Message& message) const noexcept {
  auto& state = shard.state<ShardState>();
  Runner& runner = state.script->take();
  const TimedCall timed(*state.script);
  const Bound& bound = state.bindings->find(filter.number, filter.function, filter.arguments);
  bool passes = pass_on_error_;
  if (bound.function != 0) {
    const trellis_message* raw = message.get();
    const Subject subject{.message = raw,
                          .client_id = trellis::text(raw->publisher),
                          .client_name = trellis::text(raw->publisher_identity)};
    if (runner.call(bound, filter.function, subject, state.reader)) {
      passes = state.reader.verdict() == VerdictReader::Verdict::yes;
    } else {
      state.script->failed(runner, filter.function, {"topic", message.topic().substr(0, 256)});
    }
  }
  (passes ? passed_ : dropped_).add(shard);
  return passes;
}

}  // namespace lua

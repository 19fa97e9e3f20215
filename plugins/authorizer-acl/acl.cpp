// Life cycle of the plugin and its answers.
#include "acl.hpp"

#include <string_view>
#include <vector>

namespace acl {
namespace {

/// All mistakes of a file as one text; a long list is cut, its first lines are what people need.
std::string joined(const std::vector<std::string>& errors) {
  constexpr size_t kMost = 5;
  std::string text;
  for (size_t i = 0; i < errors.size() && i < kMost; ++i) text += (i > 0 ? "; " : "") + errors[i];
  if (errors.size() > kMost) text += "; and " + std::to_string(errors.size() - kMost) + " more";
  return text;
}

trellis::Access access_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return trellis::Access::allow;
    case Verdict::deny:
      return trellis::Access::deny;
    case Verdict::none:
      break;
  }
  return trellis::Access::defer;  // with nobody left to ask the kernel denies
}

Action action_of(trellis::Action action) {
  switch (action) {
    case trellis::Action::publish:
      return Action::publish;
    case trellis::Action::subscribe:
      return Action::subscribe;
    case trellis::Action::receive:
      break;
  }
  return Action::receive;
}

}  // namespace

trellis::Schema AclAuthorizer::schema() {
  return trellis::Schema{}
      .path("file", {.help = "File of rules: \"user NAME\", \"topic [read|write|readwrite|deny] FILTER\" and \"pattern "
                             "[read|write|readwrite|deny] FILTER\" with %c and %u, as Mosquitto's acl_file.",
                     .required = true})
      .duration("watch_interval",
                {.help = "How often to look whether the file changed. A changed file is read again; "
                         "one with mistakes is reported and leaves the old rules in place. 0s: never.",
                 .fallback = "2s",
                 .minimum = "0s",
                 .maximum = "1h"})
      .choice(
          "subscribe", {"any", "covered"},
          {.help = "When a subscription is accepted: \"any\" where some read rule matches a part of its filter (only "
                   "what a rule allows is delivered), \"covered\" where one read rule covers the whole filter.",
           .fallback = "any"})
      .example(R"({"file": "/etc/trellis/acl"})")
      .example(R"({"file": "acl", "subscribe": "covered", "watch_interval": "10s"})");
}

trellis::Result<void> AclAuthorizer::configure(const trellis::Config& config) {
  path_ = config.text("file");
  if (path_.empty()) return trellis::fail("/file: the path is empty");
  watch_interval_ = config.milliseconds("watch_interval");
  subscribe_ = config.text("subscribe") == "covered" ? SubscribeRule::covered : SubscribeRule::any;
  return trellis::ok();
}

trellis::Result<void> AclAuthorizer::start() {
  file_ = std::make_unique<common::WatchedFile<RuleSet>>(
      path_, [this](std::string_view text, std::string& error) -> std::shared_ptr<const RuleSet> {
        std::vector<std::string> errors;
        auto rules = std::make_shared<const RuleSet>(RuleSet::parse(text, path_, errors));
        if (errors.empty()) return rules;
        error = joined(errors);
        return nullptr;
      });
  std::string error;
  if (!file_->load(error)) return trellis::fail(error);
  if (watch_interval_.count() > 0) file_->watch(watch_interval_, [this](const std::string& why) { on_file_read(why); });
  return trellis::ok();
}

// Nobody is told any more when the file changes: another instance follows it.
void AclAuthorizer::drain(std::chrono::milliseconds) { file_->stop(); }

void AclAuthorizer::stop() {
  if (file_ != nullptr) file_->stop();
}

void AclAuthorizer::on_file_read(const std::string& error) {
  if (error.empty()) {
    forget_decisions();
    host().log(trellis::Level::info, "the file of rules was read again",
               {{"file", path_}, {"rules", file_->snapshot()->rule_count()}});
  } else {
    host().log(trellis::Level::error, "the file of rules cannot be used, the rules of before stay",
               {{"file", path_}, {"error", error}});
  }
}

void AclAuthorizer::authorize(trellis::AccessBatch batch) noexcept {
  auto& state = batch.shard().state<ShardState>();
  if (const uint64_t version = file_->version(); version != state.version) {
    state.rules = file_->snapshot();  // at least as new as version
    state.version = version;
  }
  batch.judge([&](const trellis::AccessRequest& request) {
    const Names names{.client_id = request.client_id(), .username = request.identity().name()};
    return access_of(state.rules->decide(action_of(request.action()), request.topic(), names, subscribe_));
  });
}

}  // namespace acl

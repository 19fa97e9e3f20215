// Life cycle of the plugin, its settings, and what the shards share.
#include "authenticator_lua.hpp"

#include <utility>

namespace lua {

AuthenticatorLua::ShardState::ShardState(AuthenticatorLua& plugin, trellis::Shard& shard)
    : calls(std::make_unique<Calls>(plugin, shard)) {}

trellis::Schema AuthenticatorLua::schema() {
  return ScriptHost::settings(
             trellis::Schema{}
                 .choice("on_error", {"deny", "defer"},
                         {.help = "What becomes of a client whose call failed: it is refused as unavailable, or the "
                                  "next authenticator is asked.",
                          .fallback = "deny"})
                 .texts("hosts", {.help = "Whom the script may ask: names or addresses, with a port where it may be no "
                                          "other one. The configuration's outbound rules hold beside. None: nobody.",
                                  .fallback = "[]"})
                 .boolean("plain_http", {.help = "The script may use http:// URLs, so that passwords may cross the "
                                                 "network in clear text. On this machine it always may.",
                                         .fallback = false})
                 .duration("timeout", {.help = "How long one client may take, all that is waited for together. Keep it "
                                               "below the namespace's authentication_timeout.",
                                       .fallback = "5s",
                                       .minimum = "100ms",
                                       .maximum = "1m"})
                 .integer("pending", {.help = "Most clients of a shard that wait for answers; further ones are refused "
                                              "as unavailable.",
                                      .fallback = 256,
                                      .minimum = 1,
                                      .maximum = 100'000})
                 .integer("connections", {.help = "Most connections of one shard to one host. Each carries one request "
                                                  "at a time; the others wait.",
                                          .fallback = 16,
                                          .minimum = 1,
                                          .maximum = 1000})
                 .bytes("answer_bytes", {.help = "Longest answer that is read; a longer one is none.",
                                         .fallback = "64KiB",
                                         .minimum = "1KiB",
                                         .maximum = "1MiB"})
                 .text("layer", {.help = "Instance of the layer that encrypts connections, one of the configuration's "
                                         "outbound.layers. Default: outbound.tls.",
                                 .fallback = ""}))
      .example(R"({"script": "who.lua"})")
      .example(R"({"script": "/etc/trellis/who.lua", "hosts": ["id.example.com"], "timeout": "2s"})");
}

trellis::Result<void> AuthenticatorLua::configure(const trellis::Config& config) {
  settings_.deny_on_error = config.text("on_error") == "deny";
  for (std::string& host : config.texts("hosts")) {
    if (host.empty() || host.find_first_of("/ @") != std::string::npos)
      return trellis::fail("/hosts: \"" + host + "\" is no name of a host, as id.example.com or id.example.com:8443");
    for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    settings_.hosts.insert(std::move(host));
  }
  settings_.plain_http = config.boolean("plain_http");
  settings_.timeout = config.milliseconds("timeout");
  settings_.pending = static_cast<std::size_t>(config.integer("pending"));
  settings_.connections = static_cast<std::size_t>(config.integer("connections"));
  settings_.answer_bytes = static_cast<std::size_t>(config.integer("answer_bytes"));
  settings_.layer = config.text("layer");
  return script_.configure(config, [](const Runner& runner) -> trellis::Result<void> {
    if (runner.has(Hook::authenticate)) return trellis::ok();
    return trellis::fail("there is no function on_authenticate(credentials)");
  });
}

trellis::Result<void> AuthenticatorLua::start() {
  static constexpr std::string_view kWords[] = {"allow",   "deny",       "defer",    "error",
                                                "timeout", "overloaded", "abandoned"};
  for (std::size_t i = 0; i < kDecisions; ++i) {
    decisions_[i] = script_.counter(host(), "decisions", "What scripts answered, failed calls among them.",
                                    "hook=\"on_authenticate\",decision=\"" + std::string(kWords[i]) + "\"");
  }
  waiting_ = host().gauge("trellis_lua_waiting", "Clients whose script waits for an HTTP server.", script_.labels());
  http_ = trellis::http::ClientMetrics::declare(host(), "authenticator=\"lua\"");
  return script_.start(host());
}

// The script that answers what comes still is the one it has.
void AuthenticatorLua::drain(std::chrono::milliseconds) { script_.stop(); }

void AuthenticatorLua::stop() { script_.stop(); }

void AuthenticatorLua::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  request.shard.state<ShardState>().calls->ask(request, std::move(reply));
}

void AuthenticatorLua::on_abandoned(trellis_token token) noexcept {
  Calls* calls = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entered_.find(token);
    if (found != entered_.end()) calls = found->second;
  }
  // Those of the shard this is called on: nobody else takes the question.
  if (calls != nullptr) calls->abandon(token);
}

void AuthenticatorLua::enter(trellis_token token, Calls& calls) {
  const std::lock_guard lock(mutex_);
  entered_[token] = &calls;
}

void AuthenticatorLua::leave(trellis_token token) {
  const std::lock_guard lock(mutex_);
  entered_.erase(token);
}

}  // namespace lua

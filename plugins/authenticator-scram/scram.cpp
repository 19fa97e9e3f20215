// Life cycle of the plugin and the way of an exchange: first message, challenge, proof.
#include "scram.hpp"

#include <utility>

#include "access/registered_client.hpp"
#include "access/types.hpp"
#include "common/base64/base64.hpp"
#include "crypto.hpp"
#include "scram_command.hpp"

namespace scram {
namespace {

constexpr std::string_view kMethod = "SCRAM-SHA-256";
constexpr std::size_t kNonceBytes = 24;
constexpr std::string_view kResultLabels[] = {"result=\"right\"",       "result=\"wrong\"",    "result=\"malformed\"",
                                              "result=\"out_of_turn\"", "result=\"disabled\"", "result=\"overloaded\""};

common::Succession<ScramAuthenticator>& instances() { return common::Succession<ScramAuthenticator>::of_all(); }

}  // namespace

trellis::Schema ScramAuthenticator::schema() {
  return trellis::Schema{}
      .path("file", {.help = "File with one user:keys line per user, without passwords. `trellis scram FILE USER` "
                             "manages it; keys as PostgreSQL stores them are read too.",
                     .required = true})
      .duration("watch_interval",
                {.help = "How often to look whether the file changed. A changed file is read again, and clients whose "
                         "user is gone or has other keys are disconnected; one with mistakes is reported and leaves "
                         "the old users in place. 0s: never.",
                 .fallback = "2s",
                 .minimum = "0s",
                 .maximum = "1h"})
      .integer("exchanges", {.help = "Most exchanges under way; where one more begins, the oldest ends.",
                             .fallback = 10'000,
                             .minimum = 1,
                             .maximum = 1'000'000})
      .duration("exchange_time",
                {.help = "How long an exchange may take from its first message to the proof, for which "
                         "the client has to hash the password thousands of times.",
                 .fallback = "30s",
                 .minimum = "1s",
                 .maximum = "10m"})
      .example(R"({"file": "/etc/trellis/scram-users"})")
      .example(R"({"file": "scram-users", "exchanges": 1000, "exchange_time": "10s"})");
}

trellis::Result<void> ScramAuthenticator::configure(const trellis::Config& config) {
  path_ = config.text("file");
  if (path_.empty()) return trellis::fail("/file: the path is empty");
  watch_interval_ = config.milliseconds("watch_interval");
  most_exchanges_ = static_cast<std::size_t>(config.integer("exchanges"));
  exchange_time_ = config.milliseconds("exchange_time");
  return declare_resources(*this, rights::clients());
}

trellis::Result<void> ScramAuthenticator::start() {
  for (std::size_t i = 0; i < std::size(kResultLabels); ++i)
    results_[i] =
        host().counter("trellis_scram_exchanges_total", "SCRAM exchanges ended, by result.", kResultLabels[i]);
  exchanges_ = std::make_unique<ExchangeTable>(most_exchanges_, exchange_time_,
                                               host().gauge("trellis_scram_exchanges", "SCRAM exchanges under way."));
  if (!decoy_secret_.draw()) return trellis::fail("the system has no random numbers");
  file_ = std::make_unique<common::WatchedFile<Users>>(
      path_, [this](std::string_view text, std::string& error) -> std::shared_ptr<const Users> {
        std::vector<std::string> errors;
        auto users = std::make_shared<const Users>(Users::parse(text, path_, decoy_secret_, errors));
        if (errors.empty()) return users;
        error = common::joined(errors);
        return nullptr;
      });
  std::string error;
  if (!file_->load(error)) return trellis::fail(error + "; `trellis scram " + path_ + " USER` makes and manages it");
  seen_ = file_->snapshot();
  place_ = instances().join(*this);
  if (watch_interval_.count() > 0) file_->watch(watch_interval_, [this](const std::string& why) { on_file_read(why); });
  return trellis::ok();
}

// Another instance answers from here on, perhaps by another file.
void ScramAuthenticator::drain(std::chrono::milliseconds) {
  file_->stop();
  instances().leave(*this);
  drained_ = true;
  const auto before = file_->snapshot();
  instances().any_after(place_, [&](const ScramAuthenticator& one) {
    one.cut_off(*before, *one.file_->snapshot());
    return false;
  });
}

void ScramAuthenticator::stop() {
  instances().leave(*this);
  if (file_ != nullptr) file_->stop();
}

void ScramAuthenticator::on_file_read(const std::string& error) {
  if (!error.empty()) {
    host().log(trellis::Level::error, "the file of users cannot be used, the users of before stay",
               {{"file", path_}, {"error", error}});
    return;
  }
  const auto now = file_->snapshot();
  host().log(trellis::Level::info, "the file of users was read again", {{"file", path_}, {"users", now->size()}});
  cut_off(*std::exchange(seen_, now), *now);
}

void ScramAuthenticator::cut_off(const Users& before, const Users& now) const {
  std::vector<std::string_view> gone;
  before.for_each([&](std::string_view user, const StoredKey& key) {
    const StoredKey* today = now.find(user);
    if (today == nullptr || *today != key) gone.emplace_back(user);
  });
  if (gone.empty()) return;
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i) revoke(host().name_space(i).name, gone);
}

void ScramAuthenticator::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  if (!request.has_method() || request.method != kMethod) return reply.defer();
  request.continues() ? finish(request, std::move(reply)) : begin(request, std::move(reply));
}

void ScramAuthenticator::begin(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  std::string why;
  const auto first = read_client_first(request.data, why);
  if (!first) return deny(request, reply, Result::malformed, why);
  const std::string nonce = random_bytes(kNonceBytes);
  if (nonce.empty()) return deny(request, reply, Result::overloaded, "OpenSSL has no random numbers");
  Exchange exchange(*first, *file_->snapshot(), common::to_base64(nonce));
  const std::string challenge = exchange.challenge();
  if (!exchanges_->add(reply.token(), std::move(exchange), request.shard.now())) {
    results_[static_cast<std::size_t>(Result::overloaded)].add_any();
  }
  reply.challenge(challenge);
}

void ScramAuthenticator::finish(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  const auto exchange = exchanges_->take(reply.token(), request.shard.now());
  if (!exchange)
    return deny(request, reply, Result::out_of_turn, "there is no exchange to go on with, or it took too long");
  std::string why;
  const auto signature = exchange->finish(request.data, *file_->snapshot(), why);
  if (!signature) return deny(request, reply, Result::wrong, why);
  if (drained_ && holds_no_more(*exchange)) return deny(request, reply, Result::wrong, "the user's keys changed");
  allow(request, reply, *exchange, *signature);
}

// An exchange that was under way when another instance took over ends here still, but that one's users count.
bool ScramAuthenticator::holds_no_more(const Exchange& exchange) const {
  bool replaced = false;
  const bool known = instances().any_after(place_, [&](const ScramAuthenticator& one) {
    replaced = true;
    return exchange.holds(*one.file_->snapshot());
  });
  return replaced && !known;
}

void ScramAuthenticator::allow(const trellis::AuthRequest& request, trellis::AuthReply& reply, const Exchange& exchange,
                               std::string_view signature) {
  const auto client = rights::find_client(host(), request.name_space, exchange.user());
  if (client && !client->enabled) return deny(request, reply, Result::disabled, "the client is disabled");
  results_[static_cast<std::size_t>(Result::right)].add(request.shard);
  // The registered spelling is the one that rules and templates see.
  reply.allow({.name = client ? client->name : exchange.user(), .data = signature});
}

trellis::Status ScramAuthenticator::status_of(Result result, bool again) {
  switch (result) {
    case Result::wrong:
      return trellis::Status::bad_credentials;
    case Result::overloaded:
      // Who fails to prove itself again loses what it has, whatever the reason.
      return again ? trellis::Status::not_authorized : trellis::Status::unavailable;
    default:
      return trellis::Status::not_authorized;
  }
}

void ScramAuthenticator::deny(const trellis::AuthRequest& request, trellis::AuthReply& reply, Result result,
                              std::string_view reason) {
  results_[static_cast<std::size_t>(result)].add_any();
  reply.deny(reason, status_of(result, request.reauthenticates()));
}

void ScramAuthenticator::on_abandoned(trellis_token token) noexcept { exchanges_->drop(token); }

trellis::Result<void> ScramAuthenticator::check_resource(const trellis::ResourceChange& change) {
  return rights::check(change);
}

void ScramAuthenticator::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  for (const auto& clients : {rights::changed_clients(changes), rights::disabled_clients(changes)}) {
    for (const rights::ChangedClients& of : clients) {
      revoke(of.name_space, std::vector<std::string_view>(of.names.begin(), of.names.end()));
    }
  }
}

int ScramAuthenticator::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  return run_scram(words, common::Terminal::of(console));
}

}  // namespace scram

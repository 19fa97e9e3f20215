#include "jwt.hpp"

#include <trellis/domain.hpp>
#include <utility>

#include "access/registered_client.hpp"
#include "access/types.hpp"
#include "grant.hpp"

namespace jwt {
namespace {

using std::chrono::seconds;
using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Status;

constexpr std::string_view kMethod = "CUSTOM-JWT";
constexpr std::string_view kBlock = "customJwtAuthentication";
constexpr std::string_view kPointer = "/topicSpacesConfiguration/clientAuthentication/customJwtAuthentication";

/// The token a client shows; nothing where it shows none that is meant for this plugin.
std::optional<std::string_view> token_of(const trellis::AuthRequest& request, const Trust& trust) {
  if (request.has_method()) return request.method == kMethod ? std::optional(request.data) : std::nullopt;
  const bool as_password =
      trust.password_field && request.has_username() && request.has_password() && request.username == kMethod;
  return as_password ? std::optional(request.password) : std::nullopt;
}

}  // namespace

JwtAuthenticator::ShardState::ShardState(JwtAuthenticator& plugin, trellis::Shard& shard) {
  if (shard.index() != 0) return;
  plugin.first_shard_ = &shard;
  fetcher_.emplace(shard, plugin.issuers_);
}

trellis::Schema JwtAuthenticator::schema() {
  return jwks::Settings::add_to({}).example("{}").example(R"({"keys_refresh_interval": "15m", "keys_wait": "2s"})");
}

Result<void> JwtAuthenticator::configure(const Config& config) {
  const auto settings = jwks::Settings::read(config);
  if (!settings) return settings.error();
  settings_ = *settings;
  for (const auto& rules : {rights::clients(), rights::namespaces()}) {
    if (auto declared = declare_resources(*this, rules); !declared) return declared;
  }
  return ok();
}

Result<void> JwtAuthenticator::start() {
  static constexpr std::string_view kName = "trellis_jwt_tokens_total";
  static constexpr std::string_view kHelp = "Tokens of clients, by what came of them.";
  counts_.allowed = host().counter(kName, kHelp, "outcome=\"allowed\"");
  counts_.refused = host().counter(kName, kHelp, "outcome=\"refused\"");
  counts_.unavailable = host().counter(kName, kHelp, "outcome=\"unavailable\"");
  issuers_ =
      std::make_shared<jwks::Issuers>(host(), settings_, jwks::Metrics::declare(host(), "authenticator=\"jwt\""));
  trusts_.load(host());
  return ok();
}

void JwtAuthenticator::stop() {
  for (Question& question : questions_.take_all()) {
    refuse(question, fail("the broker stops taking tokens", Status::unavailable));
  }
}

std::shared_ptr<const Trust> JwtAuthenticator::trust_in(std::string_view name_space, const Config& authentication) {
  const auto block = authentication.find(kBlock);
  if (!block) return nullptr;
  auto read = Trust::read(*block);
  if (!read) {
    host().log(trellis::Level::error, "a namespace's settings for tokens cannot be used, its tokens open nothing",
               {{"namespace", name_space}, {"error", std::string(kPointer) + read.error().text}});
    return nullptr;
  }
  if (!read->jwks_uri.empty()) read->issuer = issuers_->get({.jwks_uri = read->jwks_uri});
  return std::make_shared<const Trust>(std::move(*read));
}

Result<void> JwtAuthenticator::check_resource(const trellis::ResourceChange& change) {
  if (auto good = rights::check(change); !good) return good;
  if (!change.after || change.after->type() != "namespaces") return ok();
  const Config properties = change.after->properties();
  const auto block = properties.object("topicSpacesConfiguration").object("clientAuthentication").find(kBlock);
  if (!block) return ok();
  const auto read = Trust::read(*block);
  if (!read) return fail(std::string(kPointer) + read.error().text);
  return ok();
}

void JwtAuthenticator::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  trusts_.update(changes);
  for (const rights::ChangedClients& clients : rights::disabled_clients(changes)) {
    const std::vector<std::string_view> names(clients.names.begin(), clients.names.end());
    revoke(clients.name_space, names);
  }
}

void JwtAuthenticator::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  const auto trust = trusts_.find(request.name_space);
  if (trust == nullptr) return reply.defer();
  const auto text = token_of(request, *trust);
  if (!text) return reply.defer();
  Question question{std::move(reply), std::nullopt, std::string(request.name_space), trust->issuer,
                    request.reauthenticates()};
  auto token = jose::Token::parse(*text);
  if (!token) {
    // What is no token at all is a password of the wrong form.
    const bool bad_form = !request.has_method() && token.error().status == Status::invalid;
    return refuse(question, bad_form ? fail(token.error().text, Status::bad_credentials) : token.error());
  }
  question.token = std::move(*token);
  const Judgement judgement = judge_now(*trust, *question.token, request.name_space, request.shard);
  if (judgement.lacks_key) return wait_for_key(std::move(question), trust, judgement, request.shard);
  answer(question, *trust, judgement);
}

void JwtAuthenticator::wait_for_key(Question question, const std::shared_ptr<const Trust>& trust,
                                    const Judgement& judgement, const trellis::Shard& shard) {
  const trellis_token token = question.reply.token();
  questions_.put(std::move(question));
  // Once it waits, another shard may have answered already.
  const auto waiting =
      issuers_->wait(shard, trust->issuer, judgement.seen.get(), token, [this, token] { judge_again(token); });
  if (waiting == jwks::Waiting::waits) return;
  auto mine = questions_.take(token);
  if (!mine) return;
  if (waiting == jwks::Waiting::no) {
    answer(*mine, *trust, judgement);
  } else {
    answer(*mine, *trust, judge_now(*trust, *mine->token, mine->name_space, shard));
  }
}

void JwtAuthenticator::judge_again(trellis_token token) {
  auto question = questions_.take(token);
  if (!question) return;
  const auto trust = trusts_.find(question->name_space);
  if (trust == nullptr) {
    return refuse(*question, fail("the namespace takes no tokens any more", Status::not_authorized));
  }
  const Judgement judgement = judge_now(*trust, *question->token, question->name_space, *first_shard_);
  const std::string name = answer(*question, *trust, judgement);
  if (name.empty()) return;
  // The answer is on its way to the client's shard. Who was disabled after it was given may have been cut off there
  // before it came.
  const auto registered = rights::find_client(host(), question->name_space, name);
  if (registered && !registered->enabled) revoke(question->name_space, std::vector<std::string_view>{name});
}

void JwtAuthenticator::on_abandoned(trellis_token token) noexcept {
  auto question = questions_.take(token);
  if (!question) return;
  question->reply.drop();
  issuers_->forget(*question->issuer, token);
}

Judgement JwtAuthenticator::judge_now(const Trust& trust, const jose::Token& token, std::string_view name_space,
                                      const trellis::Shard& shard) const {
  const auto now = std::chrono::duration_cast<seconds>(shard.wall());
  return judge(
      trust, token, [&] { return hosts(name_space); }, now);
}

// The hosts of the namespace and the domains it has proved to own. A host with "*" is no name but a pattern.
std::vector<std::string> JwtAuthenticator::hosts(std::string_view name_space) const {
  std::vector<std::string> names;
  for (trellis::Domain& domain : trellis::domains(host(), name_space)) {
    if (domain.state != trellis::DomainState::pending && !domain.name.starts_with('*'))
      names.push_back(std::move(domain.name));
  }
  return names;
}

std::string JwtAuthenticator::answer(Question& question, const Trust& trust, const Judgement& judgement) {
  const auto refused = [&](const trellis::Error& why) {
    refuse(question, why);
    return std::string();
  };
  if (!judgement.claims) return refused(judgement.refusal);
  const auto grant = grant_of(*judgement.claims, trust.rules.skew);
  if (!grant) return refused(grant.error());
  const auto registered = rights::find_client(host(), question.name_space, grant->name);
  if (registered && !registered->enabled) {
    return refused(fail("the registered client of that name is disabled", Status::not_authorized));
  }
  counts_.allowed.add_any();
  std::vector<trellis::Pair> attributes;
  for (const auto& [name, value] : grant->attributes) attributes.push_back({name, value});
  question.reply.allow({.name = grant->name,
                        .attributes = std::move(attributes),
                        .expires = grant->expires,
                        .own_attributes = true,
                        .token = true});
  return grant->name;
}

void JwtAuthenticator::refuse(Question& question, const trellis::Error& why) {
  const bool unavailable = why.status == Status::unavailable;
  if (why.status == Status::bad_credentials) {
    counts_.refused.add_any();
    return question.reply.bad_credentials(why.text);
  }
  (unavailable ? counts_.unavailable : counts_.refused).add_any();
  // Who fails to prove itself again loses what it has, whatever the reason.
  question.reply.deny(why.text, unavailable && !question.again ? Status::unavailable : Status::not_authorized);
}

}  // namespace jwt

// Life cycle of the plugin and the way of a question: shard, keys, answer.
#include "entra.hpp"

#include <array>
#include <utility>

#include "access/registered_client.hpp"
#include "access/types.hpp"

namespace entra {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Status;

constexpr std::string_view kMethod = "OAUTH2-JWT";
constexpr std::string_view kBlock = "entraAuthentication";
constexpr std::string_view kWrongSettings = "the namespace's settings for access tokens cannot be used";
constexpr std::array<std::string_view, 4> kOutcomes = {"allowed", "refused", "unavailable", "abandoned"};

constexpr std::chrono::milliseconds kQuiet = std::chrono::minutes(1);

/// As the header of every token begins: {" in Base64.
bool looks_like_token(std::string_view text) { return text.starts_with("eyJ"); }

}  // namespace

Entra::ShardState::ShardState(Entra& plugin, trellis::Shard& shard) : plugin_(plugin) {
  if (shard.index() != 0) return;
  plugin_.first_shard_ = &shard;
  fetcher_.emplace(shard, plugin_.issuers_);
}

Entra::ShardState::~ShardState() {
  if (!fetcher_) return;
  fetcher_.reset();  // answers whoever waits
  plugin_.first_shard_ = nullptr;
}

Entra::Entra()
    : spaces_([this](std::string_view name_space, const trellis::Config& authentication) {
        return believe(name_space, authentication);
      }) {}

trellis::Schema Entra::schema() {
  auto schema = trellis::Schema{}.bytes(
      "token", {.help = "Longest token accepted.", .fallback = "8KiB", .minimum = "1KiB", .maximum = "64KiB"});
  return jwks::Settings::add_to(std::move(schema))
      .example("{}")
      .example(R"({"keys_refresh_interval": "15m", "keys_wait": "2s"})");
}

Result<void> Entra::configure(const trellis::Config& config) {
  const auto key_settings = jwks::Settings::read(config);
  if (!key_settings) return key_settings.error();
  key_settings_ = *key_settings;
  limits_.token_bytes = static_cast<std::size_t>(config.integer("token"));
  if (const auto good = declare_resources(*this, rights::namespaces()); !good) return good;
  return declare_resources(*this, rights::clients());
}

Result<void> Entra::start() {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    outcomes_[i] = host().counter("trellis_entra_tokens_total", "Access tokens shown by clients, by what came of it.",
                                  "outcome=\"" + std::string(kOutcomes[i]) + "\"");
  }
  issuers_ =
      std::make_shared<jwks::Issuers>(host(), key_settings_, jwks::Metrics::declare(host(), "authenticator=\"entra\""));
  spaces_.load(host());
  return ok();
}

Result<void> Entra::check_resource(const trellis::ResourceChange& change) {
  if (const auto good = rights::check(change); !good) return good;
  if (!change.after || change.after->type() != "namespaces") return ok();
  const auto block =
      change.after->properties().object("topicSpacesConfiguration").object("clientAuthentication").find(kBlock);
  if (!block) return ok();
  if (const auto settings = Settings::read(*block); !settings) return settings.error();
  return ok();
}

void Entra::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  spaces_.update(changes);
  for (const auto& [name_space, names] : rights::disabled_clients(changes)) {
    revoke(name_space, std::vector<std::string_view>(names.begin(), names.end()));
  }
}

std::shared_ptr<const Believed> Entra::believe(std::string_view name_space, const trellis::Config& authentication) {
  const auto block = authentication.find(kBlock);
  if (!block) return nullptr;
  const auto settings = Settings::read(*block);
  if (!settings) {  // it was put before this plugin was there to judge it
    host().log(trellis::Level::error, "the settings of a namespace cannot be used, its access tokens open nothing",
               {{"namespace", name_space}, {"error", settings.error().text}});
    return std::make_shared<const Believed>();
  }
  return std::make_shared<const Believed>(Believed{*settings, issuers_->get((*settings)->source())});
}

void Entra::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  const bool asks = request.has_method() && request.method == kMethod;
  if (!asks && !looks_like_token(request.password)) return reply.defer();
  auto believed = spaces_.find(request.name_space);
  if (believed == nullptr) return reply.defer();
  if (!asks) {
    mention_misplaced(request, *believed);
    return reply.defer();
  }
  auto token = jose::Token::parse(request.data, limits_);
  Question question{std::move(reply), std::move(believed), std::nullopt, std::string(request.name_space),
                    request.reauthenticates()};
  if (question.believed->settings == nullptr) return unavailable(question, kWrongSettings);
  if (!token) return refuse(question, token.error().text);
  question.token = std::move(*token);
  ask(std::move(question), request.shard);
}

// Nobody takes such a token there, and its client cannot know why. It stays the next authenticator's: a webhook may
// have a use for it.
void Entra::mention_misplaced(const trellis::AuthRequest& request, const Believed& believed) {
  const auto token = jose::Token::parse(request.password, limits_);
  if (!token || believed.settings == nullptr) return;
  const auto claims = jose::Claims::parse(token->payload());
  if (!claims || claims->issuer() != believed.settings->issuer_of(claims->text("tid").value_or(""))) return;
  const std::int64_t now = request.shard.now().count();
  std::int64_t quiet_until = quiet_until_ms_.load(std::memory_order_relaxed);
  if (now < quiet_until || !quiet_until_ms_.compare_exchange_strong(quiet_until, now + kQuiet.count())) return;
  host().log(trellis::Level::warn,
             "a client sends its access token as password; MQTT 5 carries it as Authentication Data",
             {{"client", request.client_id}, {"namespace", request.name_space}, {"method", kMethod}});
}

void Entra::ask(Question question, const trellis::Shard& shard) {
  const trellis_token number = question.reply.token();
  const auto believed = question.believed;
  for (;;) {
    const auto keys = believed->issuer->keys();
    const auto principal =
        judge(*question.token, *believed->settings, keys.get(), duration_cast<seconds>(shard.wall()));
    if (principal || principal.error().status != Status::no_match) return answer(question, principal);
    questions_.put(std::move(question));  // first: the keys may come, and the answer with them, before wait() returns
    const auto waiting =
        issuers_->wait(shard, believed->issuer, keys.get(), number, [this, number, keys] { keys_came(number, keys); });
    if (waiting == jwks::Waiting::waits) return;
    question = std::move(*questions_.take(number));
    if (waiting == jwks::Waiting::no) return unavailable(question, "the issuer's keys are not there");
  }
}

void Entra::keys_came(trellis_token token, const std::shared_ptr<const jose::KeySet>& seen) {
  auto question = questions_.take(token);
  if (!question) return;
  // What the namespace says now counts, not what it said when the client began to wait.
  question->believed = spaces_.find(question->name_space);
  if (question->believed == nullptr) return refuse(*question, "the namespace takes no access tokens any more");
  if (question->believed->settings == nullptr) return unavailable(*question, kWrongSettings);
  const auto keys = question->believed->issuer->keys();
  // They may also have become too old meanwhile.
  if (keys == seen || keys == nullptr) return unavailable(*question, "the issuer's keys did not come");
  const auto now = duration_cast<seconds>(first_shard_->wall());
  const auto principal = judge(*question->token, *question->believed->settings, keys.get(), now);
  answer(*question, principal);
  // The answer is on its way to the client's shard. Who was disabled after it was given may have been cut off there
  // before it came.
  if (principal && is_disabled(question->name_space, principal->name)) {
    revoke(question->name_space, std::vector<std::string_view>{principal->name});
  }
}

bool Entra::is_disabled(std::string_view name_space, std::string_view name) const {
  const auto registered = rights::find_client(host(), name_space, name);
  return registered && !registered->enabled;
}

void Entra::on_abandoned(trellis_token token) noexcept {
  auto question = questions_.take(token);
  if (!question) return;
  issuers_->forget(*question->believed->issuer, token);
  question->reply.drop();
  count(Outcome::abandoned);
}

void Entra::answer(Question& question, const Result<Principal>& principal) {
  if (!principal) return refuse(question, principal.error().text);
  if (is_disabled(question.name_space, principal->name)) return refuse(question, "the client of that name is disabled");
  trellis::Grant grant;
  grant.name = principal->name;
  for (const auto& [name, value] : principal->attributes) grant.attributes.push_back({name, value});
  grant.own_attributes = true;
  grant.token = true;
  grant.expires = principal->expires;
  count(Outcome::allowed);
  question.reply.allow(grant);
}

void Entra::refuse(Question& question, std::string_view reason) {
  count(Outcome::refused);
  question.reply.deny(std::string(kMethod) + ": " + std::string(reason), Status::not_authorized);
}

void Entra::unavailable(Question& question, std::string_view reason) {
  count(Outcome::unavailable);
  // Who fails to prove itself again loses what it has, whatever the reason.
  question.reply.deny(std::string(kMethod) + ": " + std::string(reason),
                      question.again ? Status::not_authorized : Status::unavailable);
}

}  // namespace entra

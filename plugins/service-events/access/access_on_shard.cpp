// How a request is judged.
#include <algorithm>
#include <string>
#include <utility>

#include "access.hpp"

namespace events_service {
namespace {

using http_credentials::Kind;
using http_credentials::SasToken;
using std::chrono::duration_cast;
using std::chrono::seconds;
using trellis::fail;
using trellis::Result;
using trellis::Status;

/// How long keys that an issuer no longer has may open something on a shard.
constexpr std::chrono::milliseconds kBetweenLooks{1'000};

Judged refuse(Shown shown, std::uint32_t status, std::string message) {
  return {.shown = shown, .refused = events::problem(status, std::move(message))};
}

/// The fields of a request that can hold a credential. False where one of them repeats.
bool read_parts(const trellis::Request& request, http_credentials::RequestParts& parts) {
  bool seen[3] = {};
  parts.query = request.query();
  for (const trellis::Pair field : request.headers()) {
    const int place = field.name == "authorization"   ? 0
                      : field.name == "aeg-sas-key"   ? 1
                      : field.name == "aeg-sas-token" ? 2
                                                      : -1;
    if (place < 0) continue;
    if (std::exchange(seen[place], true)) return false;
    (place == 0 ? parts.authorization : place == 1 ? parts.key : parts.token) = field.value;
  }
  return true;
}

}  // namespace

AccessOnShard::AccessOnShard(Access& access, const trellis::Shard& shard) : access_(access), shard_(shard) {
  if (shard.index() == 0 && access.issuers_ != nullptr) fetcher_.emplace(shard, access.issuers_);
}

Judged AccessOnShard::judge(const trellis::Request& request, Right right) {
  Judged judged = look(request, right);
  access_.judged_[static_cast<std::size_t>(judged.shown)][judged.refused ? 1 : 0].add(shard_);
  const bool mentioned = judged.refused && judged.shown != Shown::nothing && judged.refused->status != 503;
  if (mentioned) {
    const std::uint32_t index = request.name_space();
    const bool known = ring_ != nullptr && index < ring_->size();
    access_.warn(request, known ? std::string_view((*ring_)[index]->name) : "", judged.refused->message);
  }
  return judged;
}

Judged AccessOnShard::look(const trellis::Request& request, Right right) {
  if (access_.anonymous_) return {.caller = "anonymous"};
  look_for_new_keys();
  if (request.name_space() >= ring_->size()) return refuse(Shown::nothing, 503, "the namespace is not there any more");
  http_credentials::RequestParts parts;
  if (!read_parts(request, parts)) return refuse(Shown::unknown, 400, "the request shows more than one credential");
  const auto found = http_credentials::find_credential(parts, decoded_);
  if (!found) return refuse(Shown::unknown, 400, found.error().text);
  const Question question{request, right, *(*ring_)[request.name_space()], found->text};
  switch (found->kind) {
    case Kind::key:
      return key(question);
    case Kind::sas:
      return sas(question);
    case Kind::bearer:
      return bearer(question);
    default:
      return nothing(question, !parts.authorization.empty());
  }
}

void AccessOnShard::look_for_new_keys() {
  const std::uint64_t version = access_.ring_.version();
  if (version == version_) return;
  version_ = version;
  ring_ = access_.ring_.all();
  signed_.clear();
}

Judged AccessOnShard::nothing(const Question& question, bool unknown) const {
  const Shown shown = unknown ? Shown::unknown : Shown::nothing;
  if (auto judged = without_keys(question, shown); judged && !access_.bearer_) return *std::move(judged);
  return refuse(shown, 401,
                std::string(unknown ? "found an Authorization of an unknown scheme" : "found no credential") +
                    ", expected " + std::string(access_.expected(question.space)));
}

// What is said where neither keys nor SAS tokens count; nothing where they do.
std::optional<Judged> AccessOnShard::without_keys(const Question& question, Shown shown) const {
  const NamespaceKeys& space = question.space;
  const std::string named = "the namespace " + trellis::json::quote(space.name);
  if (!space.local) {
    return refuse(shown, 401,
                  named + " takes no keys and no SAS tokens (disableLocalAuth), " +
                      (access_.bearer_ ? "expected a bearer token"
                                       : "and no issuer of bearer tokens is configured (access.bearer)"));
  }
  if (space.keys) return std::nullopt;
  if (access_.bearer_) return refuse(shown, 401, named + " has no access keys, expected a bearer token");
  const std::string where = space.name == "default" ? "" : " --namespace " + space.name;
  return refuse(shown, 401,
                named + " has no access keys: make one with trellis ctl keys regenerate key1" + where +
                    R"(, or in a file of its resources: {"accessKeys": {"key1": {"key": "<base64>"}}})");
}

Judged AccessOnShard::key(const Question& question) const {
  if (!question.space.local || !question.space.keys) return *without_keys(question, Shown::key);
  if (question.space.keys->check_key(question.text)) return {.shown = Shown::key, .caller = "key"};
  return refuse(Shown::key, 401,
                "the access key is wrong; it is compared letter by letter with key1 and key2 of the "
                "namespace");
}

Judged AccessOnShard::sas(const Question& question) {
  if (!question.space.local || !question.space.keys) return *without_keys(question, Shown::sas);
  const std::uint32_t name_space = question.request.name_space();
  const Signed* known = signed_.find(question.text);
  if (known == nullptr || known->name_space != name_space) {
    auto checked = question.space.keys->check_sas(question.text);
    if (!checked) return refuse(Shown::sas, 401, checked.error().text);
    known = signed_.put(question.text, {name_space, std::move(*checked)});
  }
  if (shard_.wall() >= known->token.expires()) return refuse(Shown::sas, 401, "the SAS token is expired");
  return {.shown = Shown::sas, .caller = "sas", .refused = covered(known->token, question.request)};
}

std::optional<events::Problem> AccessOnShard::covered(const SasToken& token, const trellis::Request& request) {
  const auto& hosts = access_.hosts_;
  const bool right_host = hosts.empty()
                              ? token.is_for(request.host())
                              : std::ranges::any_of(hosts, [&](const std::string& host) { return token.is_for(host); });
  if (!right_host) {
    return events::problem(403, "the SAS token is for the host " + events::in_quotes(token.host()) + ", expected " +
                                    (hosts.empty() ? events::in_quotes(request.host()) : "one of access.hosts"));
  }
  // As the client wrote it: the prefix that leads to this service is a part of what was signed.
  path_.assign(request.mount() == "/" ? std::string_view() : request.mount());
  path_ += request.path();
  if (token.covers(path_)) return std::nullopt;
  return events::problem(403, "the SAS token is for " + events::in_quotes(token.path()) +
                                  " and what is below it, not " + "for " + events::in_quotes(path_));
}

Judged AccessOnShard::bearer(const Question& question) {
  if (!access_.bearer_) {
    if (auto judged = without_keys(question, Shown::bearer)) return *std::move(judged);
    return refuse(Shown::bearer, 401,
                  "found a bearer token, but no issuer is configured (access.bearer); expected an access key");
  }
  const auto granted = believe(question);
  if (!granted) {
    return refuse(Shown::bearer, granted.error().status == Status::unavailable ? 503 : 401, granted.error().text);
  }
  const bool sends = question.right == Right::send;
  Judged judged{.shown = Shown::bearer, .caller = (*granted)->subject};
  if (sends ? (*granted)->send : (*granted)->receive) return judged;
  judged.refused = events::problem(
      403, "the token is good, but has no role that lets it " + std::string(sends ? "publish" : "receive and settle"));
  return judged;
}

/// What the token says; it stays until another one is believed.
Result<const Granted*> AccessOnShard::believe(const Question& question) {
  if (const auto now = shard_.now(); now >= look_again_) {
    look_again_ = now + kBetweenLooks;
    if (auto keys = access_.issuer_->keys(); keys != issuer_keys_) {
      issuer_keys_ = std::move(keys);
      granted_.clear();
    }
  }
  const Granted* known = granted_.find(question.text);
  if (known != nullptr && shard_.wall() < known->expires) return known;
  const auto token = jose::Token::parse(question.text);
  if (!token) return fail(token.error().text, Status::not_authorized);
  auto granted = ask(*token);
  if (!granted) return granted.error();
  return granted_.put(question.text, std::move(*granted));
}

Result<Granted> AccessOnShard::ask(const jose::Token& token) {
  for (;;) {
    auto granted = access_.bearer_->judge(token, issuer_keys_.get(), duration_cast<seconds>(shard_.wall()));
    if (granted || granted.error().status != Status::no_match) return granted;
    // Nobody waits: the client asks again, and the keys are there then.
    switch (access_.issuers_->wait(shard_, access_.issuer_, issuer_keys_.get(), 0, [] {})) {
      case jwks::Waiting::newer:
        issuer_keys_ = access_.issuer_->keys();
        granted_.clear();
        continue;
      case jwks::Waiting::waits:
        return fail("the issuer is being asked for the key of the token", Status::unavailable);
      default:
        if (issuer_keys_ != nullptr) return granted;
        return fail("the issuer's keys are not there", Status::unavailable);
    }
  }
}

}  // namespace events_service

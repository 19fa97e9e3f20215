// The way of a question: who it is, whether the certificate fits, the answer.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "x509.hpp"

namespace x509 {
namespace {

// What the broker says where no authenticator knows a client: those who ask without proof shall not learn who exists.
constexpr std::string_view kDenied = "no authenticator accepts these credentials";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

void X509Authenticator::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  // An exchange by steps is another authenticator's.
  if (request.has_method()) return reply.defer();
  const Decision decision = request.certificates.empty() ? judge_without(request) : judge(request);
  checks_[static_cast<std::size_t>(decision.outcome)].add(request.shard);
  switch (decision.outcome) {
    case Outcome::allowed:
      // Only who says its name in each CONNECT may have several sessions.
      return reply.allow({.name = decision.name,
                          .expires = std::chrono::milliseconds(decision.expires_ms),
                          .one_session = request.username.empty()});
    case Outcome::disabled:
      log(request, decision, "the client is disabled, which denies it");
      return reply.deny(kDenied);
    case Outcome::no_certificate:
      return reply.defer();
    default:
      log(request, decision, "the certificate does not let its client in, which is left to the next authenticator");
      return reply.defer();
  }
}

void X509Authenticator::log(const trellis::AuthRequest& request, const Decision& decision,
                            std::string_view sentence) const {
  // Whoever connects can cause this line as often as they like, so it is for those who look for it.
  if (!host().logs(trellis::Level::debug)) return;
  host().log(trellis::Level::debug, sentence,
             {{"namespace", request.name_space},
              {"listener", request.listener},
              {"peer", request.peer},
              {"client_id", request.client_id},
              {"name", decision.name},
              {"scheme", decision.scheme},
              {"found", decision.found},
              {"expected", decision.expected}});
}

X509Authenticator::Decision X509Authenticator::judge(const trellis::AuthRequest& request) const {
  Shown shown(request.certificates, *cache_, request.shard.now());
  std::optional<rights::RegisteredClient> client;
  Decision decision = look_for(request, shown, client);
  return client ? judge_client(request, *client, shown) : decision;
}

// Whoever has another way to prove who it is may use it, unless the client is disabled, which holds for all ways.
X509Authenticator::Decision X509Authenticator::judge_without(const trellis::AuthRequest& request) const {
  Decision decision{.outcome = Outcome::no_certificate};
  if (request.username.empty()) return decision;
  const auto client = rights::find_client(host(), request.name_space, request.username);
  if (!client || client->enabled) return decision;
  return {.outcome = Outcome::disabled, .name = client->name, .scheme = client->scheme};
}

X509Authenticator::Decision X509Authenticator::look_for(const trellis::AuthRequest& request, Shown& shown,
                                                        std::optional<rights::RegisteredClient>& client) const {
  // An empty user name names nobody: it is the same as none.
  if (!request.username.empty()) {
    client = rights::find_client(host(), request.name_space, request.username);
    return {.outcome = Outcome::unknown_client,
            .name = std::string(request.username),
            .found = "no client of that authenticationName",
            .expected = "a registered one"};
  }
  Decision nameless{.outcome = Outcome::no_name,
                    .found = "no user name",
                    .expected =
                        "one, or a name in a field of the certificate that alternativeAuthenticationNameSources "
                        "of the namespace lists"};
  const auto sources = sources_.find(request.name_space);
  if (sources == nullptr || sources->empty()) return nameless;
  const auto facts = shown.facts();
  if (!facts) return {.outcome = Outcome::unreadable, .found = facts.error().text, .expected = "a certificate"};
  for (const Field source : *sources) {
    const auto names = names_in(**facts, source);
    for (const std::string& name : names) {
      client = rights::find_client(host(), request.name_space, name);
      if (client) return {};
    }
    // The first field that holds anything gives the name, whether somebody has it or not.
    if (!names.empty()) {
      return {.outcome = Outcome::unknown_client,
              .name = names.front(),
              .found = "no client of the authenticationName that stands in the certificate as " +
                       std::string(title_of(source)),
              .expected = "a registered one"};
    }
  }
  return nameless;
}

X509Authenticator::Decision X509Authenticator::judge_client(const trellis::AuthRequest& request,
                                                            const rights::RegisteredClient& client,
                                                            Shown& shown) const {
  Decision decision{.name = client.name, .scheme = client.scheme};
  if (!client.enabled) {
    decision.outcome = Outcome::disabled;
    return decision;
  }
  const auto scheme = scheme_of(client.scheme);
  if (!scheme) {
    decision.outcome = Outcome::mismatch;
    decision.expected = "a validationScheme that is known here";
  } else if (scheme->thumbprint) {
    judge_thumbprint(request, client, shown, decision);
  } else {
    judge_chain(request, scheme->field, shown, decision);
  }
  return decision;
}

void X509Authenticator::judge_thumbprint(const trellis::AuthRequest& request, const rights::RegisteredClient& client,
                                         Shown& shown, Decision& decision) const {
  bool known = false;
  for (const std::string& thumbprint : client.thumbprints) known |= is_thumbprint_of(shown.leaf(), thumbprint);
  if (!known) {
    decision.outcome = Outcome::mismatch;
    decision.found = "the SHA-256 thumbprint " + thumbprint_of(shown.leaf());
    decision.expected = "one of allowedThumbprints";
    return;
  }
  const auto facts = shown.facts();
  if (!facts) {
    decision.outcome = Outcome::unreadable;
    decision.found = facts.error().text;
    return;
  }
  const std::int64_t now = request.shard.wall().count();
  if (now < (*facts)->good_from_ms || (*facts)->good_until_ms <= now) {
    decision.outcome = Outcome::expired;
    decision.found = "a certificate that is not good now";
    decision.expected = "one within its validity period";
    return;
  }
  decision.expires_ms = (*facts)->good_until_ms;
  shown.remember(nullptr, 0);
}

void X509Authenticator::judge_chain(const trellis::AuthRequest& request, Field field, Shown& shown,
                                    Decision& decision) const {
  const auto facts = shown.facts();
  if (!facts) {
    decision.outcome = Outcome::unreadable;
    decision.found = facts.error().text;
    return;
  }
  if (!has_name(**facts, field, decision.name)) {
    decision.outcome = Outcome::mismatch;
    decision.found = std::string(title_of(field)) + ": " + content_of(**facts, field);
    decision.expected = quoted(decision.name) + " there";
    return;
  }
  judge_signatures(request, shown, decision);
}

void X509Authenticator::judge_signatures(const trellis::AuthRequest& request, Shown& shown, Decision& decision) const {
  const std::int64_t now = request.shard.wall().count();
  for (;;) {
    const auto trust = trusts_.of(request.name_space);
    Verdict verdict;
    const Basis* basis = shown.basis(trust->revision, now);
    if (basis != nullptr) {
      from_cache_.add(request.shard);
    } else {
      const auto chain = shown.certificates();
      if (!chain) {
        decision.outcome = Outcome::unreadable;
        decision.found = chain.error().text;
        return;
      }
      verdict = verify(*trust, **chain, now);
      from_signatures_.add(request.shard);
      if (verdict.outcome != Verdict::Outcome::verified) {
        decision.outcome = verdict.outcome == Verdict::Outcome::expired   ? Outcome::expired
                           : verdict.outcome == Verdict::Outcome::revoked ? Outcome::revoked
                                                                          : Outcome::untrusted;
        decision.found = verdict.why;
        decision.expected = "a certificate for clients, issued by a certificate authority of the namespace";
        return;
      }
      basis = &verdict.basis;
    }
    decision.expires_ms = basis->good_until_ms;
    admitted_->add(place_, request.name_space, decision.name, *basis, *trust, now);
    // Authorities or lists that changed meanwhile may have been held against the admitted before this one was among
    // them: it is judged again. Those that change from here on find it there.
    if (trusts_.of(request.name_space)->revision != trust->revision) continue;
    // A question that was under way when another instance took over comes to the old one still.
    if (drained_) retire();
    return shown.remember(basis, trust->revision);
  }
}

}  // namespace x509

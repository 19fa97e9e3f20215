#include "chain.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <new>
#include <utility>

#include "scheme.hpp"

namespace x509 {
namespace {

using openssl::StoreContext;
using Outcome = Verdict::Outcome;

constexpr int kStrength = 2;  // OpenSSL's level of 112 bits, as TLS asks of what it is shown

/// Borrows the certificates.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using Borrowed = std::unique_ptr<STACK_OF(X509), FreeStack>;

Borrowed without_first(const std::vector<Certificate>& chain) {
  Borrowed stack(sk_X509_new_null());
  if (stack == nullptr) throw std::bad_alloc();
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (sk_X509_push(stack.get(), chain[i].get()) == 0) throw std::bad_alloc();
  }
  return stack;
}

std::string subject_of(X509* certificate) {
  auto facts = facts_of(certificate);
  return facts ? content_of(*facts, Field::subject) : "?";
}

Verdict failure_of(X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  Verdict verdict;
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)
    verdict.outcome = Outcome::expired;
  verdict.why = X509_verify_cert_error_string(error);
  if (X509* at = X509_STORE_CTX_get_current_cert(context); at != nullptr) {
    verdict.why += ": " + subject_of(at);
  }
  return verdict;
}

/// What the chain rests on, or why it does not hold after all.
Verdict judged(const Trust& trust, STACK_OF(X509) * chain, std::int64_t now_ms) {
  const int count = sk_X509_num(chain);
  // A single one is an authority that shows itself: nobody signed it as a client.
  if (count < 2) return {.outcome = Outcome::untrusted, .why = "it is the certificate of an authority itself"};
  Verdict verdict{.outcome = Outcome::verified, .why = {}, .basis = {}};
  Basis& basis = verdict.basis;
  basis.good_until_ms = basis.lists_due_ms = INT64_MAX;
  for (int i = 0; i < count; ++i) {
    X509* const one = sk_X509_value(chain, i);
    const auto from = openssl::unix_ms(X509_get0_notBefore(one));
    const auto until = openssl::unix_ms(X509_get0_notAfter(one));
    if (!from || !until) return {.outcome = Outcome::untrusted, .why = "a certificate does not say when it is good"};
    basis.good_from_ms = std::max(basis.good_from_ms, *from);
    basis.good_until_ms = std::min(basis.good_until_ms, *until);
    if (i + 1 == count) break;  // the authority: who registered it believes in it, whatever lists say
    basis.links.push_back(revocation_mark_of(one));
    const auto judgement = trust.lists->judge(one, sk_X509_value(chain, i + 1), now_ms);
    if (judgement.outcome != RevocationLists::Judgement::Outcome::holds) {
      const bool revoked = judgement.outcome == RevocationLists::Judgement::Outcome::revoked;
      return {.outcome = revoked ? Outcome::revoked : Outcome::untrusted,
              .why = subject_of(one) + ": " + judgement.why};
    }
    basis.lists_due_ms = std::min(basis.lists_due_ms, judgement.due_ms);
  }
  basis.authority = mark_of(sk_X509_value(chain, count - 1));
  return verdict;
}

}  // namespace

Verdict verify(const Trust& trust, const std::vector<Certificate>& chain, std::int64_t now_ms) {
  if (chain.empty() || trust.authorities->empty()) {
    return {.outcome = Outcome::untrusted, .why = "the namespace has no certificate authority"};
  }
  const Borrowed others = without_first(chain);
  const StoreContext context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), trust.authorities->store(), chain.front().get(), others.get()) != 1) {
    throw std::bad_alloc();
  }
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(rules,
                                X509_PURPOSE_SSL_CLIENT);  // extended key usage, where there is one, and key usage
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(now_ms / 1000));
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMostCertificates));
  X509_VERIFY_PARAM_set_auth_level(rules, kStrength);
  const bool verified = X509_verify_cert(context.get()) == 1;
  Verdict verdict =
      verified ? judged(trust, X509_STORE_CTX_get0_chain(context.get()), now_ms) : failure_of(context.get());
  ERR_clear_error();
  return verdict;
}

}  // namespace x509

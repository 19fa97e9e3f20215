#include "revocation.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace x509 {
namespace {

Mark entry_mark(unsigned long issuer, const ASN1_INTEGER* serial) {
  std::string text(reinterpret_cast<const char*>(&issuer), sizeof issuer);
  text.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
              static_cast<std::size_t>(ASN1_STRING_length(serial)));
  text += ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? '-' : '+';
  return std::hash<std::string_view>{}(text);
}

std::string name_of(const X509_NAME* name) {
  char text[256];
  return X509_NAME_oneline(name, text, sizeof text) == nullptr ? std::string("?") : text;
}

/// What nobody here understands may be that the list does not cover everything.
bool has_critical_extension(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) == 1) return true;
  }
  return false;
}

bool was_taken_back(const X509_REVOKED* entry) {
  using Reason = std::unique_ptr<ASN1_ENUMERATED, openssl::Freeing<&ASN1_ENUMERATED_free>>;
  const Reason reason(static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  return reason != nullptr && ASN1_ENUMERATED_get(reason.get()) == CRL_REASON_REMOVE_FROM_CRL;
}

std::vector<Mark> marks_of(X509_CRL* list) {
  std::vector<Mark> marks;
  const unsigned long issuer = X509_NAME_hash_ex(X509_CRL_get_issuer(list), nullptr, nullptr, nullptr);
  STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
    if (!was_taken_back(entry)) marks.push_back(entry_mark(issuer, X509_REVOKED_get0_serialNumber(entry)));
  }
  std::ranges::sort(marks);
  return marks;
}

}  // namespace

Mark revocation_mark_of(X509* certificate) {
  return entry_mark(X509_issuer_name_hash(certificate), X509_get0_serialNumber(certificate));
}

trellis::Result<RevocationListPtr> RevocationList::take(openssl::RevocationList list) {
  const std::string issuer = name_of(X509_CRL_get_issuer(list.get()));
  if (has_critical_extension(list.get())) {
    return trellis::fail("the list of " + issuer +
                         " has a critical extension: it is a delta, covers only a part of what was issued, or says "
                         "something else that is not understood here; only complete lists are");
  }
  const auto from = openssl::unix_ms(X509_CRL_get0_lastUpdate(list.get()));
  if (!from) return trellis::fail("the list of " + issuer + " does not say when it was made");
  std::shared_ptr<RevocationList> made(new RevocationList);
  made->good_from_ms_ = *from;
  made->good_until_ms_ =
      openssl::unix_ms(X509_CRL_get0_nextUpdate(list.get())).value_or(std::numeric_limits<std::int64_t>::max());
  made->revoked_ = marks_of(list.get());
  made->list_ = std::move(list);
  ERR_clear_error();
  return RevocationListPtr(std::move(made));
}

bool RevocationList::is_of(const X509_NAME* issuer) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(list_.get()), issuer) == 0;
}

bool RevocationList::is_signed_by(X509* issuer) const {
  constexpr std::size_t kMostRemembered = 64;
  const Mark mark = mark_of(issuer);
  const std::lock_guard lock(mutex_);
  if (const auto known = signed_by_.find(mark); known != signed_by_.end()) return known->second;
  const bool allowed = (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0;  // all bits where it has no key usage
  const bool by_it = allowed && X509_CRL_verify(list_.get(), X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  if (signed_by_.size() >= kMostRemembered) signed_by_.clear();
  signed_by_.emplace(mark, by_it);
  return by_it;
}

bool RevocationList::revokes(X509* certificate) const {
  return std::ranges::binary_search(revoked_, revocation_mark_of(certificate));
}

trellis::Result<std::vector<RevocationListPtr>> read_revocation_lists(std::string_view text) {
  std::vector<RevocationListPtr> lists;
  const auto add = [&](openssl::RevocationList one) -> trellis::Result<void> {
    auto taken = RevocationList::take(std::move(one));
    if (!taken) return taken.error();
    lists.push_back(*taken);
    return trellis::ok();
  };
  ERR_clear_error();
  if (text.find("-----BEGIN") == std::string_view::npos) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    openssl::RevocationList one(d2i_X509_CRL(nullptr, &at, static_cast<long>(text.size())));
    ERR_clear_error();
    if (one == nullptr) return trellis::fail("holds no revocation list, neither in PEM nor in DER");
    if (auto added = add(std::move(one)); !added) return added.error();
    return lists;
  }
  const auto bio = openssl::reader_of(text);
  while (X509_CRL* one = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    if (auto added = add(openssl::RevocationList(one)); !added) return added.error();
  }
  if (!openssl::at_the_end_of_pem()) {
    return trellis::fail("holds a damaged revocation list: " + openssl::last_error());
  }
  if (lists.empty()) return trellis::fail("holds no revocation list");
  return lists;
}

RevocationLists::Judgement RevocationLists::judge(X509* certificate, X509* issuer, std::int64_t now_ms) const {
  using Outcome = Judgement::Outcome;
  bool named = false;
  Judgement judgement{.outcome = Outcome::unknown, .why = {}, .due_ms = 0};
  for (const RevocationListPtr& list : all_) {
    if (!list->is_of(X509_get_issuer_name(certificate))) continue;
    named = true;
    if (!list->is_signed_by(issuer)) continue;
    if (list->revokes(certificate)) {
      return {Outcome::revoked, "it was revoked by " + name_of(X509_get_issuer_name(certificate)), 0};
    }
    if (list->good_from_ms() > now_ms || list->good_until_ms() <= now_ms) continue;
    judgement.outcome = Outcome::holds;
    judgement.due_ms = std::max(judgement.due_ms, list->good_until_ms());
  }
  if (!named) return {};
  if (judgement.outcome == Outcome::unknown) {
    judgement.why =
        "no revocation list of " + name_of(X509_get_issuer_name(certificate)) + " is signed by it and up to date";
  }
  return judgement;
}

bool RevocationLists::revokes(Mark mark) const {
  return std::ranges::any_of(
      all_, [&](const RevocationListPtr& list) { return std::ranges::binary_search(list->revoked(), mark); });
}

}  // namespace x509

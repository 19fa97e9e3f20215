// Certificate revocation lists, from files.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "authorities.hpp"

namespace x509 {

/// What revocation lists know a certificate by: its issuer's name and its serial number.
Mark revocation_mark_of(X509* certificate);

/// One list. Immutable, but for what it remembers of its own signature.
class RevocationList {
 public:
  /// The error says why it cannot be used: lists that cover only a part of what their issuer issued, that change
  /// another list, or that others signed in the issuer's name are not.
  static trellis::Result<std::shared_ptr<const RevocationList>> take(openssl::RevocationList list);

  bool is_of(const X509_NAME* issuer) const;
  /// Whether that certificate's key signed it. Computed once for each of them: with a long list that takes time.
  bool is_signed_by(X509* issuer) const;
  bool revokes(X509* certificate) const;
  std::int64_t good_from_ms() const noexcept { return good_from_ms_; }
  /// When the next one was promised; the end of time where none was.
  std::int64_t good_until_ms() const noexcept { return good_until_ms_; }
  /// The marks of all it revokes, in order.
  const std::vector<Mark>& revoked() const noexcept { return revoked_; }

 private:
  RevocationList() = default;

  openssl::RevocationList list_;
  std::int64_t good_from_ms_ = 0;
  std::int64_t good_until_ms_ = 0;
  std::vector<Mark> revoked_;
  mutable std::mutex mutex_;
  mutable std::map<Mark, bool> signed_by_;  // guarded by mutex_; only authorities of verified chains get here
};

using RevocationListPtr = std::shared_ptr<const RevocationList>;

/// Those of one file: any number in PEM, or one in DER.
trellis::Result<std::vector<RevocationListPtr>> read_revocation_lists(std::string_view text);

/// Whether a certificate still holds, by all lists together.
class RevocationLists {
 public:
  struct Judgement {
    enum class Outcome { holds, revoked, unknown } outcome = Outcome::holds;
    std::string why;                  ///< of the other two, for people
    std::int64_t due_ms = INT64_MAX;  ///< until when it holds by these lists
  };

  RevocationLists() = default;
  explicit RevocationLists(std::vector<RevocationListPtr> all) : all_(std::move(all)) {}

  bool empty() const noexcept { return all_.empty(); }
  std::size_t size() const noexcept { return all_.size(); }
  /// `issuer`, which is verified, signed the certificate. One without a list holds; where there are lists with its
  /// name, one of them has to be signed by it and up to date.
  Judgement judge(X509* certificate, X509* issuer, std::int64_t now_ms) const;
  /// Whether any list revokes what has that mark.
  bool revokes(Mark mark) const;

 private:
  std::vector<RevocationListPtr> all_;
};

}  // namespace x509

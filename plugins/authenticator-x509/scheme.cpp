#include "scheme.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace x509 {
namespace {

struct Words {
  Field field;
  std::string_view scheme;
  std::string_view source;
  std::string_view title;
};
constexpr std::array kWords{
    Words{Field::subject, "SubjectMatchesAuthenticationName", "ClientCertificateSubject", "subject"},
    Words{Field::dns, "DnsMatchesAuthenticationName", "ClientCertificateDns", "DNS name"},
    Words{Field::uri, "UriMatchesAuthenticationName", "ClientCertificateUri", "URI"},
    Words{Field::address, "IpMatchesAuthenticationName", "ClientCertificateIp", "IP address"},
    Words{Field::email, "EmailMatchesAuthenticationName", "ClientCertificateEmail", "e-mail address"}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

bool same_email(std::string_view one, std::string_view other) {
  const std::size_t at = one.rfind('@');
  if (at == std::string_view::npos || at != other.rfind('@')) return one == other;
  return one.substr(0, at) == other.substr(0, at) && equal_ignoring_case(one.substr(at), other.substr(at));
}

/// Of a written address; empty for other texts.
std::string address_bytes(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return {};
  const std::string written(text);
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, written.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, written.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

std::string address_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

/// The alternative names of that kind, as they are in the certificate.
const std::vector<std::string>& alternatives(const Facts& facts, Field field) {
  switch (field) {
    case Field::dns:
      return facts.dns;
    case Field::uri:
      return facts.uris;
    case Field::address:
      return facts.addresses;
    case Field::email:
      return facts.emails;
    case Field::subject:
      break;
  }
  static const std::vector<std::string> none;
  return none;
}

}  // namespace

std::optional<Scheme> scheme_of(std::string_view word) {
  if (word == "ThumbprintMatch") return Scheme{.thumbprint = true};
  const auto* found = std::ranges::find(kWords, word, &Words::scheme);
  return found == kWords.end() ? std::nullopt : std::optional(Scheme{.field = found->field});
}

std::optional<Field> source_of(std::string_view word) {
  const auto* found = std::ranges::find(kWords, word, &Words::source);
  return found == kWords.end() ? std::nullopt : std::optional(found->field);
}

std::string_view title_of(Field field) { return std::ranges::find(kWords, field, &Words::field)->title; }

std::vector<std::string> names_in(const Facts& facts, Field field) {
  std::vector<std::string> names;
  if (field == Field::subject) {
    // The whole first: where both are registered, it says more.
    if (!facts.distinguished_name.empty()) names.push_back(facts.distinguished_name);
    if (!facts.common_name.empty()) names.push_back(facts.common_name);
    return names;
  }
  const auto& all = alternatives(facts, field);
  if (!all.empty()) names.push_back(field == Field::address ? address_text(all.front()) : all.front());
  return names;
}

bool has_name(const Facts& facts, Field field, std::string_view name) {
  if (name.empty()) return false;
  switch (field) {
    case Field::subject:
      return equal_ignoring_case(facts.common_name, name) || equal_ignoring_case(facts.distinguished_name, name);
    case Field::dns:
      return std::ranges::any_of(facts.dns, [&](const auto& one) { return equal_ignoring_case(one, name); });
    case Field::uri:
      return std::ranges::any_of(facts.uris, [&](const auto& one) { return one == name; });
    case Field::email:
      return std::ranges::any_of(facts.emails, [&](const auto& one) { return same_email(one, name); });
    case Field::address: {
      const std::string bytes = address_bytes(name);
      return !bytes.empty() && std::ranges::any_of(facts.addresses, [&](const auto& one) { return one == bytes; });
    }
  }
  return false;
}

std::string content_of(const Facts& facts, Field field) {
  constexpr std::size_t kMost = 200;
  std::string text;
  if (field == Field::subject) {
    text = facts.distinguished_name;
  } else {
    for (const auto& one : alternatives(facts, field)) {
      if (text.size() > kMost) break;
      text += (text.empty() ? "" : ", ") + (field == Field::address ? address_text(one) : one);
    }
  }
  if (text.size() <= kMost) return text.empty() ? "none" : text;
  std::size_t end = kMost;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

}  // namespace x509

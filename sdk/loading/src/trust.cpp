#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <trellis/brand/brand.hpp>
#include <trellis/loading/trust.hpp>

#include "descriptor.hpp"

namespace trellis::loading {
namespace {

constexpr std::size_t kMostSignature = 64 * 1024;

Trust read_brand() {
  const brand::Brand& brand = brand::brand();
  Trust trust;
  trust.policy = signature_policy(brand.signatures).value_or(SignaturePolicy::require);
  std::string error;
  for (const std::string_view text : brand.keys) {
    if (auto key = signing::PublicKey::parse(text, error)) {
      trust.keys.push_back(*key);
    } else {
      throw std::runtime_error(fmt::format("this program was built with a broken key \"{}\"", text));
    }
  }
  for (const std::string_view text : brand.revoked) {
    const auto id = signing::key_id(text);
    // Left out, it would be believed as if nobody had taken it back.
    if (!id) throw std::runtime_error(fmt::format("this program was built with a broken id of a key \"{}\"", text));
    trust.revoked.push_back(*id);
  }
  return trust;
}

Judgement judged(SignatureState state, std::string why) { return {state, "", "", std::move(why), std::nullopt}; }

}  // namespace

std::optional<SignaturePolicy> signature_policy(std::string_view name) {
  constexpr std::array<std::string_view, 3> kNames = {"off", "warn", "require"};
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<SignaturePolicy>(found - kNames.begin());
}

std::string_view name_of(SignatureState state) {
  constexpr std::array<std::string_view, 7> kNames = {"",        "valid",   "unsigned", "modified", "unknown key",
                                                      "revoked", "built in"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::filesystem::path signature_file(const std::filesystem::path& file) { return file.string() + ".minisig"; }

const Trust& compiled_trust() {
  static const Trust kTrust = read_brand();
  return kTrust;
}

Judgement Trust::judge(const std::filesystem::path& file) const {
  const Descriptor opened(file);
  if (opened.open()) return judge(opened.number(), file);
  return judged(SignatureState::unsigned_file, fmt::format("it cannot be read: {}", std::strerror(errno)));
}

Judgement Trust::judge(int descriptor, const std::filesystem::path& file) const {
  const std::filesystem::path beside = signature_file(file);
  const Descriptor opened(beside);
  if (!opened.open()) {
    if (errno == ENOENT) return judged(SignatureState::unsigned_file, "it is not signed");
    return judged(SignatureState::unsigned_file,
                  fmt::format("its signature {} cannot be read: {}", beside.string(), std::strerror(errno)));
  }
  std::string error;
  const auto text = signing::content_of(opened.number(), kMostSignature, error);
  const auto signature = text ? signing::Signature::parse(*text, error) : std::nullopt;
  if (!signature) {
    return judged(SignatureState::modified, fmt::format("its signature {} is broken: {}", beside.string(), error));
  }
  Judgement judgement;
  judgement.key = signing::to_text(signature->id);
  const auto key = std::ranges::find(keys, signature->id, &signing::PublicKey::id);
  if (std::ranges::find(revoked, signature->id) != revoked.end()) {
    judgement.state = SignatureState::revoked;
    judgement.why = fmt::format("it is signed by key {}, which was revoked", judgement.key);
    return judgement;
  }
  if (key == keys.end()) {
    judgement.state = SignatureState::unknown_key;
    judgement.why = fmt::format("it is signed by key {}, which is not trusted here", judgement.key);
    return judgement;
  }
  judgement.digest = signing::digest_of(descriptor, error);
  if (judgement.digest && signature->holds(*key, descriptor, judgement.digest, error)) {
    judgement.state = SignatureState::valid;
    judgement.comment = signature->comment;
    return judgement;
  }
  judgement.state = SignatureState::modified;
  judgement.why = error.empty() ? fmt::format("it is not what key {} signed", judgement.key) : error;
  return judgement;
}

}  // namespace trellis::loading

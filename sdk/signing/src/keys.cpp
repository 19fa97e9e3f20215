// Public: "Ed", id, key. Secret: "Ed", no key derivation, "B2", its salt and limits, then id, seed and public key, and
// a checksum that only keys with a password have.
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <trellis/signing/keys.hpp>

#include "encoding.hpp"

namespace trellis::signing {
namespace {

constexpr std::size_t kPublicBytes = 2 + 8 + 32;
constexpr std::size_t kSecretBytes = 158;
constexpr std::size_t kIdAt = 2 + 2 + 2 + 32 + 8 + 8;
constexpr std::size_t kSeedAt = kIdAt + 8;
constexpr std::size_t kPublicAt = kSeedAt + 32;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

template <typename T>
T required(T made) {
  if (made == nullptr) throw std::runtime_error("OpenSSL cannot make Ed25519 signatures");
  return made;
}

Key secret_of(std::span<const std::uint8_t> seed) {
  return required(
      Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), &EVP_PKEY_free));
}

std::array<std::uint8_t, 32> public_of(std::span<const std::uint8_t> seed) {
  std::array<std::uint8_t, 32> key{};
  std::size_t size = key.size();
  EVP_PKEY_get_raw_public_key(secret_of(seed).get(), key.data(), &size);
  return key;
}

void fill(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system has no random numbers");
  }
}

std::string_view last_line(std::string_view text) {
  const auto lines = lines_of(text);
  return lines.empty() ? std::string_view() : lines.back();
}

}  // namespace

std::string to_text(const KeyId& id) {
  std::string text;
  for (auto byte = id.rbegin(); byte != id.rend(); ++byte) text += fmt::format("{:02X}", *byte);
  return text;
}

std::optional<KeyId> key_id(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  KeyId id{};
  if (text.size() != id.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    std::uint8_t& byte = id.at(id.size() - 1 - i / 2);
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  return id;
}

std::optional<PublicKey> PublicKey::parse(std::string_view text, std::string& error) {
  const auto bytes = from_base64(last_line(text), kPublicBytes);
  if (!bytes || (*bytes)[0] != 'E' || (*bytes)[1] != 'd') {
    error = "this is no public key of minisign, which begins with RW";
    return std::nullopt;
  }
  PublicKey key;
  std::copy_n(bytes->begin() + 2, key.id.size(), key.id.begin());
  std::copy_n(bytes->begin() + 10, key.key.size(), key.key.begin());
  return key;
}

std::string PublicKey::file_text() const {
  std::vector<std::uint8_t> bytes = {'E', 'd'};
  bytes.insert(bytes.end(), id.begin(), id.end());
  bytes.insert(bytes.end(), key.begin(), key.end());
  return fmt::format("untrusted comment: minisign public key {}\n{}\n", to_text(id), to_base64(bytes));
}

bool PublicKey::verifies(std::span<const std::uint8_t> message, std::span<const std::uint8_t, 64> signature) const {
  const Key loaded(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()), &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return loaded != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, loaded.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

SecretKey SecretKey::generate() {
  SecretKey made;
  fill(made.seed_);
  fill(made.public_.id);
  made.public_.key = public_of(made.seed_);
  return made;
}

std::optional<SecretKey> SecretKey::parse(std::string_view text, std::string& error) {
  auto bytes = from_base64(last_line(text), kSecretBytes);
  if (!bytes || (*bytes)[0] != 'E' || (*bytes)[1] != 'd') {
    error = "this is no secret key of minisign";
    return std::nullopt;
  }
  if ((*bytes)[2] != 0 || (*bytes)[3] != 0) {
    error = "this secret key has a password: sign with minisign -S, or take one without (minisign -G -W)";
    return std::nullopt;
  }
  SecretKey key;
  std::copy_n(bytes->begin() + kIdAt, key.public_.id.size(), key.public_.id.begin());
  std::copy_n(bytes->begin() + kSeedAt, key.seed_.size(), key.seed_.begin());
  key.public_.key = public_of(key.seed_);
  const bool whole = std::equal(key.public_.key.begin(), key.public_.key.end(), bytes->begin() + kPublicAt);
  OPENSSL_cleanse(bytes->data(), bytes->size());
  if (whole) return key;
  error = "the secret key in this file does not belong to the public one beside it";
  return std::nullopt;
}

SecretKey::~SecretKey() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

std::string SecretKey::file_text() const {
  std::vector<std::uint8_t> bytes(kSecretBytes);
  std::copy_n("Ed\0\0B2", 6, bytes.begin());
  std::copy(public_.id.begin(), public_.id.end(), bytes.begin() + kIdAt);
  std::copy(seed_.begin(), seed_.end(), bytes.begin() + kSeedAt);
  std::copy(public_.key.begin(), public_.key.end(), bytes.begin() + kPublicAt);
  std::string text = "untrusted comment: minisign secret key, without a password\n" + to_base64(bytes) + "\n";
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return text;
}

std::array<std::uint8_t, 64> SecretKey::sign(std::span<const std::uint8_t> message) const {
  const Key key = secret_of(seed_);
  const Context context = required(Context(EVP_MD_CTX_new(), &EVP_MD_CTX_free));
  std::array<std::uint8_t, 64> signature{};
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    throw std::runtime_error("OpenSSL refuses to sign");
  }
  return signature;
}

}  // namespace trellis::signing

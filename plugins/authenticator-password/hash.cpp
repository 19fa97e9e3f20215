// Derives hashes through OpenSSL.
#include "hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <charconv>
#include <vector>

#include "common/base64/base64.hpp"

namespace password {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kScryptDigestBytes = 32;
constexpr size_t kSha512Bytes = 64;
constexpr uint32_t kPbkdf2Iterations = 210'000;

// A file must not be able to stop the broker by asking for hours or gigabytes per check.
constexpr uint64_t kMostScryptBytes = 256 << 20;
constexpr uint32_t kMostScryptP = 16;
constexpr uint32_t kMostIterations = 10'000'000;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

uint64_t scrypt_bytes(const Hash& hash) { return uint64_t{128} * hash.r << hash.log2_n; }

bool derive_sha512(const Hash& hash, std::string_view password, std::string& out) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool done = context != nullptr && EVP_DigestInit_ex(context, EVP_sha512(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, password.data(), password.size()) == 1 &&
                    EVP_DigestUpdate(context, hash.salt.data(), hash.salt.size()) == 1 &&
                    EVP_DigestFinal_ex(context, bytes(out), nullptr) == 1;
  EVP_MD_CTX_free(context);
  return done;
}

/// Fills `out`, whose size is the number of bytes wanted.
bool derive(const Hash& hash, std::string_view password, std::string& out) {
  switch (hash.algorithm) {
    case Algorithm::scrypt:
      // OpenSSL counts some working memory besides the big table; p blocks and a spare MiB cover it.
      return EVP_PBE_scrypt(password.data(), password.size(), bytes(hash.salt), hash.salt.size(),
                            uint64_t{1} << hash.log2_n, hash.r, hash.p,
                            scrypt_bytes(hash) + uint64_t{128} * hash.r * (hash.p + 2) + (1 << 20), bytes(out),
                            out.size()) == 1;
    case Algorithm::pbkdf2:
    case Algorithm::mosquitto_pbkdf2:
      return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(hash.salt),
                               static_cast<int>(hash.salt.size()), static_cast<int>(hash.iterations), EVP_sha512(),
                               static_cast<int>(out.size()), bytes(out)) == 1;
    case Algorithm::mosquitto_sha512:
      return derive_sha512(hash, password, out);
  }
  return false;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool parse_number(std::string_view text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Reads "ln=14,r=8,p=1" or "i=210000".
bool parse_named(std::string_view text, std::string_view name, uint32_t& number) {
  return text.starts_with(name) && text.substr(name.size()).starts_with('=') &&
         parse_number(text.substr(name.size() + 1), number);
}

bool parse_scrypt_cost(std::string_view text, Hash& hash, std::string& why) {
  const auto parts = split(text, ',');
  if (parts.size() != 3 || !parse_named(parts[0], "ln", hash.log2_n) || !parse_named(parts[1], "r", hash.r) ||
      !parse_named(parts[2], "p", hash.p)) {
    why = "found scrypt cost \"" + std::string(text) + "\", expected for example \"ln=14,r=8,p=1\"";
    return false;
  }
  if (hash.log2_n < 1 || hash.log2_n > 24 || hash.r < 1 || hash.r > 1024 || hash.p < 1 || hash.p > kMostScryptP ||
      scrypt_bytes(hash) > kMostScryptBytes) {
    why = "the scrypt cost \"" + std::string(text) +
          "\" is out of bounds: at most 256 MiB (128 * r * 2^ln bytes) and p <= 16";
    return false;
  }
  return true;
}

bool parse_iterations(std::string_view text, std::string_view name, Hash& hash, std::string& why) {
  const bool read = name.empty() ? parse_number(text, hash.iterations) : parse_named(text, name, hash.iterations);
  if (read && hash.iterations >= 1 && hash.iterations <= kMostIterations) return true;
  why = "found \"" + std::string(text) + "\", expected " + (name.empty() ? "" : std::string(name) + "=") +
        "the number of iterations, 1 to 10000000";
  return false;
}

bool parse_salt_and_digest(std::string_view salt, std::string_view digest, Hash& hash, std::string& why) {
  auto salt_bytes = common::from_base64(salt);
  auto digest_bytes = common::from_base64(digest);
  const bool ours = hash.algorithm == Algorithm::scrypt || hash.algorithm == Algorithm::pbkdf2;
  if (!salt_bytes || salt_bytes->empty() || salt_bytes->size() > 1024) {
    why = "the salt is not base64 of 1 to 1024 bytes";
  } else if (!digest_bytes || digest_bytes->size() > kSha512Bytes ||
             digest_bytes->size() < (ours ? kScryptDigestBytes : kSha512Bytes)) {
    why = ours ? "the hash is not base64 of 32 to 64 bytes" : "the hash is not base64 of 64 bytes";
  } else {
    hash.salt = std::move(*salt_bytes);
    hash.digest = std::move(*digest_bytes);
    return true;
  }
  return false;
}

}  // namespace

std::optional<Hash> parse_hash(std::string_view text, std::string& why) {
  const auto parts = split(text, '$');  // "$id$…" gives an empty part first
  const std::string_view id = parts.size() > 1 && parts[0].empty() ? parts[1] : std::string_view{};
  Hash hash;
  size_t expected = 5;
  if (id == "scrypt") {
    hash.algorithm = Algorithm::scrypt;
  } else if (id == "pbkdf2-sha512") {
    hash.algorithm = Algorithm::pbkdf2;
  } else if (id == "7") {
    hash.algorithm = Algorithm::mosquitto_pbkdf2;
  } else if (id == "6") {
    hash.algorithm = Algorithm::mosquitto_sha512;
    expected = 4;
  } else {
    // The text itself is not repeated: it may be a password somebody forgot to hash.
    why = "this is not a hash, expected one that begins with $scrypt$, $pbkdf2-sha512$, $7$ or $6$";
    return std::nullopt;
  }
  if (parts.size() != expected) {
    why = "found " + std::to_string(parts.size() - 1) + " parts after '$', expected " + std::to_string(expected - 1);
    return std::nullopt;
  }
  const bool cost_good = hash.algorithm == Algorithm::scrypt             ? parse_scrypt_cost(parts[2], hash, why)
                         : hash.algorithm == Algorithm::pbkdf2           ? parse_iterations(parts[2], "i", hash, why)
                         : hash.algorithm == Algorithm::mosquitto_pbkdf2 ? parse_iterations(parts[2], "", hash, why)
                                                                         : true;
  if (!cost_good || !parse_salt_and_digest(parts[expected - 2], parts[expected - 1], hash, why)) return std::nullopt;
  return hash;
}

std::string format_hash(const Hash& hash) {
  std::string text;
  switch (hash.algorithm) {
    case Algorithm::scrypt:
      text = "$scrypt$ln=" + std::to_string(hash.log2_n) + ",r=" + std::to_string(hash.r) +
             ",p=" + std::to_string(hash.p) + "$";
      break;
    case Algorithm::pbkdf2:
      text = "$pbkdf2-sha512$i=" + std::to_string(hash.iterations) + "$";
      break;
    case Algorithm::mosquitto_pbkdf2:
      text = "$7$" + std::to_string(hash.iterations) + "$";
      break;
    case Algorithm::mosquitto_sha512:
      text = "$6$";
      break;
  }
  return text + common::to_base64(hash.salt) + "$" + common::to_base64(hash.digest);
}

std::optional<Hash> make_hash(Algorithm algorithm, std::string_view password) {
  Hash hash;
  hash.algorithm = algorithm;
  if (algorithm == Algorithm::scrypt) {
    hash.log2_n = 14;
    hash.r = 8;
    hash.p = 1;
  } else {
    hash.iterations = kPbkdf2Iterations;
  }
  hash.salt.resize(kSaltBytes);
  hash.digest.resize(algorithm == Algorithm::scrypt ? kScryptDigestBytes : kSha512Bytes);
  if (RAND_bytes(bytes(hash.salt), static_cast<int>(hash.salt.size())) != 1) return std::nullopt;
  if (!derive(hash, password, hash.digest)) return std::nullopt;
  return hash;
}

bool verify(const Hash& hash, std::string_view password) {
  std::string derived(hash.digest.size(), '\0');
  const bool right =
      derive(hash, password, derived) && CRYPTO_memcmp(derived.data(), hash.digest.data(), derived.size()) == 0;
  OPENSSL_cleanse(derived.data(), derived.size());
  return right;
}

}  // namespace password

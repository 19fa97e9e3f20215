// crypto, base64 and hex: to check what clients show.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/base64/base64.hpp"
#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string_view text_argument(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, index, &size);
  return {text, size};
}

int push_digest(lua_State* state, const Digest& digest, unsigned size) {
  Runner::of(state).check(state);
  lua_pushlstring(state, reinterpret_cast<const char*>(digest.data()), size);
  return 1;
}

/// In a time that does not tell where the texts differ; their lengths are no secret.
int equal(lua_State* state) {
  const std::string_view one = text_argument(state, 1);
  const std::string_view other = text_argument(state, 2);
  const bool same = one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
  lua_pushboolean(state, same ? 1 : 0);
  return 1;
}

int sha256(lua_State* state) {
  const std::string_view text = text_argument(state, 1);
  Digest digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return luaL_error(state, "OpenSSL has no SHA-256");
  return push_digest(state, digest, size);
}

int hmac_sha256(lua_State* state) {
  const std::string_view key = text_argument(state, 1);
  const std::string_view text = text_argument(state, 2);
  Digest digest{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(), &size) == nullptr)
    return luaL_error(state, "OpenSSL has no SHA-256");
  return push_digest(state, digest, size);
}

int push_bytes(lua_State* state, const std::optional<std::string>& bytes) {
  Runner::of(state).check(state);
  if (bytes) {
    lua_pushlstring(state, bytes->data(), bytes->size());
  } else {
    luaL_pushfail(state);
  }
  return 1;
}

/// What is made of a text has to fit as well.
std::string_view encoded_argument(lua_State* state, std::size_t growth) {
  const std::string_view text = text_argument(state, 1);
  luaL_argcheck(state, text.size() <= Runner::of(state).heap().largest_block() / growth, 1, "too long");
  return text;
}

int encode_base64(lua_State* state) { return push_bytes(state, common::to_base64(encoded_argument(state, 2))); }
int decode_base64(lua_State* state) { return push_bytes(state, common::from_base64(text_argument(state, 1))); }

int encode_hex(lua_State* state) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : encoded_argument(state, 2)) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return push_bytes(state, out);
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int decode_hex(lua_State* state) {
  const std::string_view text = text_argument(state, 1);
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return push_bytes(state, std::nullopt);
    out += static_cast<char>(high * 16 + low);
  }
  return push_bytes(state, text.size() % 2 == 0 ? std::optional(out) : std::nullopt);
}

void open(lua_State* state, const luaL_Reg* functions) {
  lua_newtable(state);
  luaL_setfuncs(state, functions, 0);
}

}  // namespace

void open_crypto(lua_State* state) {
  static constexpr luaL_Reg kOwn[] = {
      {"equal", equal}, {"sha256", sha256}, {"hmac_sha256", hmac_sha256}, {nullptr, nullptr}};
  open(state, kOwn);
}

void open_base64(lua_State* state) {
  static constexpr luaL_Reg kOwn[] = {{"encode", encode_base64}, {"decode", decode_base64}, {nullptr, nullptr}};
  open(state, kOwn);
}

void open_hex(lua_State* state) {
  static constexpr luaL_Reg kOwn[] = {{"encode", encode_hex}, {"decode", decode_hex}, {nullptr, nullptr}};
  open(state, kOwn);
}

}  // namespace lua

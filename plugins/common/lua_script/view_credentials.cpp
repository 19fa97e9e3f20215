// What a client showed to prove who it is, as scripts see it.
#include <trellis/abi/identity.h>

#include <string_view>
#include <trellis/view.hpp>

#include "runner.hpp"
#include "views.hpp"

namespace lua {
namespace {

const trellis_credentials& credentials(lua_State* state) {
  const auto* shown = Runner::of(state).subject(state).credentials;
  if (shown == nullptr) luaL_error(state, "there are credentials only during a call of on_authenticate");
  return *shown;
}

/// In the order sent, DER.
int push_certificates(lua_State* state, const trellis_credentials& shown) {
  lua_createtable(state, static_cast<int>(shown.certificate_count), 0);
  for (std::uint32_t i = 0; i < shown.certificate_count; ++i) {
    lua_pushlstring(state, shown.certificates[i].data, shown.certificates[i].size);
    lua_rawseti(state, -2, static_cast<lua_Integer>(i) + 1);
  }
  return 1;
}

/// The first of each name.
int push_properties(lua_State* state, const trellis_credentials& shown) {
  lua_createtable(state, 0, static_cast<int>(shown.user_property_count));
  for (std::uint32_t i = shown.user_property_count; i-- > 0;) {
    const trellis_pair& pair = shown.user_properties[i];
    lua_pushlstring(state, pair.name.data, pair.name.size);
    lua_pushlstring(state, pair.value.data, pair.value.size);
    lua_rawset(state, -3);
  }
  return 1;
}

int index_credentials(lua_State* state) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 2, &size);
  const std::string_view name(data, size);
  const trellis_credentials& shown = credentials(state);
  const auto has = [&](std::uint32_t flag) { return (shown.flags & flag) != 0; };
  const auto answer = [&](std::uint32_t flag) { return lua_pushboolean(state, has(flag) ? 1 : 0), 1; };
  if (name == "client_id") return push_text(state, shown.client_id, true);
  if (name == "username") return push_text(state, shown.username, has(TRELLIS_CREDENTIALS_HAS_USERNAME));
  if (name == "password") return push_text(state, shown.password, has(TRELLIS_CREDENTIALS_HAS_PASSWORD));
  if (name == "namespace") return push_text(state, shown.name_space, true);
  if (name == "listener") return push_text(state, shown.listener, true);
  if (name == "protocol") return push_text(state, shown.protocol, true);
  if (name == "peer") return push_text(state, shown.peer, true);
  if (name == "method") return push_text(state, shown.authentication_method, has(TRELLIS_CREDENTIALS_HAS_METHOD));
  if (name == "data") return push_text(state, shown.authentication_data, has(TRELLIS_CREDENTIALS_HAS_METHOD));
  if (name == "certificates") return push_certificates(state, shown);
  if (name == "certificate_verified") return answer(TRELLIS_CREDENTIALS_CERTIFICATE_VERIFIED);
  if (name == "loopback") return answer(TRELLIS_CREDENTIALS_LOOPBACK);
  if (name == "reauthenticates") return answer(TRELLIS_CREDENTIALS_REAUTHENTICATES);
  if (name == "user_properties") return push_properties(state, shown);
  return luaL_error(state, "credentials have no field '%s'", data);
}

}  // namespace

void push_credentials(lua_State* state) { push_view(state, "credentials", index_credentials, 0); }

}  // namespace lua

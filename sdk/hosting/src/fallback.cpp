#include <trellis/abi/plugin.h>

#include <trellis/hosting/basic_tables.hpp>
#include <trellis/hosting/fallback.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::hosting::fallback {

using runtime::view_of;

namespace {

// The host's own table for plugins, which settles as if the plugin had said it. Null where the host offers none.
template <typename Table>
const Table* host_table(const Instance& instance, std::string_view id) {
  const auto& tables = instance.services().tables;
  const auto found = tables.find(id);
  return found == tables.end() ? nullptr : static_cast<const Table*>(found->second);
}

}  // namespace

void authenticate(std::uint32_t verdict, std::string_view why, trellis_auth_answer* answer) {
  answer->verdict = verdict;
  answer->status = TRELLIS_UNAVAILABLE;
  answer->reason = view_of(why);
}

trellis_status admit(std::uint32_t verdict, std::string_view why, trellis_error* error) {
  if (verdict == TRELLIS_ACCESS_DEFER) return TRELLIS_OK;
  set_error(error, why);
  return TRELLIS_NOT_AUTHORIZED;
}

void settle(const Instance& instance, trellis_token token, std::uint64_t retry_ms, std::string_view why) {
  const auto* const host = host_table<trellis_host_handler>(instance, TRELLIS_HOST_HANDLER);
  if (host == nullptr) return;
  const trellis_delivery_result result{sizeof result, TRELLIS_DELIVERY_LATER, retry_ms, TRELLIS_CAUSE_NONE, 0,
                                       view_of(why)};
  host->settle(instance.host(), token, &result);
}

void respond(const Instance& instance, trellis_token token, std::string_view why) {
  const auto* const host = host_table<trellis_host_service>(instance, TRELLIS_HOST_SERVICE);
  if (host == nullptr) return;
  const trellis_response response{sizeof response, 503, nullptr, 0, view_of(why)};
  host->respond(instance.host(), token, &response);
}

void forget(const Instance& instance) {
  if (instance.kind() != TRELLIS_KIND_AUTHORIZER) return;
  const auto* const host = host_table<trellis_host_authorizer>(instance, TRELLIS_HOST_AUTHORIZER);
  if (host != nullptr) host->forget_decisions(instance.host());
}

}  // namespace trellis::hosting::fallback

// Requests that protocols handed to services and whose answers are awaited.
#pragma once

#include <trellis/abi/service.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>

#include "loop/shard.hpp"
#include "net/connection.hpp"

namespace trellis::kernel {

/// Used on its shard's thread. An answer to a request that is gone is ignored.
class ServiceRequests {
 public:
  static constexpr std::uint64_t kDeadlineMs = 30000;

  explicit ServiceRequests(Shard& shard);
  ~ServiceRequests();

  /// Asks a service; the protocol's on_response is called with the answer.
  void ask(Connection& connection, void* request_user, const trellis_service& service, void* service_shard,
           const trellis_request& request);
  bool respond(trellis_token token, const trellis_response& response);
  /// Answers a protocol without asking anybody.
  static void answer(Connection& connection, void* request_user, std::uint32_t status, std::string_view message);
  void abandon(Connection& connection);

 private:
  struct Pending;
  static void on_deadline(Timer& timer);
  Shard& shard_;
  trellis_token last_ = 0;
  boost::unordered_flat_map<trellis_token, std::unique_ptr<Pending>> pending_;
};

}  // namespace trellis::kernel

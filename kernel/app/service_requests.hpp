// Requests that protocols handed to services and whose answers are awaited.
#pragma once

#include <trellis/abi/service.h>

#include <trellis/connections/connection.hpp>
#include <trellis/runtime/awaited.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/metrics.hpp>

#include "names.hpp"

namespace trellis::kernel {

/// Used on its shard's thread. An answer to a request that is gone is counted and ignored.
class ServiceRequests {
 public:
  static constexpr std::uint64_t kDeadlineMs = 30000;

  /// late: counts answers nobody waits for any more.
  ServiceRequests(Shard& shard, MetricId late);

  /// Who waits for an answer.
  struct Asked {
    Connection* connection;
    void* request_user;
    MetricId timeouts;  // of the service
  };
  /// Asks a service; the protocol's on_response is called with the answer.
  void ask(const Asked& asked, const trellis_service& service, void* service_shard, const trellis_request& request);
  /// False when nobody waits for it. plugin: who answers, for the log.
  bool respond(trellis_token token, const trellis_response& response, std::string_view plugin);
  /// It is waited for that long from now on. False when nobody waits for it.
  bool extend(trellis_token token, std::uint64_t deadline_ms) {
    if (awaited_.find(token) == nullptr) return false;
    awaited_.set_deadline(token, deadline_ms);
    return true;
  }
  /// Answers a protocol without asking anybody. The body is JSON.
  static void answer(Connection& connection, void* request_user, std::uint32_t status, std::string_view body);
  void abandon(Connection& connection);

 private:
  Shard& shard_;
  MetricId late_;
  Awaited<Asked> awaited_;
};

}  // namespace trellis::kernel

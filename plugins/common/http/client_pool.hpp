/// The inside of a Client: which request goes over which connection.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "client.hpp"
#include "client_call.hpp"
#include "client_connection.hpp"

namespace trellis::http {

/// A scheme, host, port and layer, with its connections and the requests that wait for one.
struct ClientHost {
  Url url;
  std::string layer;
  std::size_t open = 0;                 // connections, those being dialled included
  std::vector<ClientConnection*> idle;  // the longest idle first
  std::deque<ClientCall*> waiting;
};

/// One shard's. Lives as long as its Client, and as long as a function of it that was posted runs.
class ClientPool : public std::enable_shared_from_this<ClientPool> {
 public:
  ClientPool(const Shard& shard, ClientSettings settings, const ClientMetrics& metrics);

  std::uint64_t send(ClientRequest request, ClientCallback callback);
  bool cancel(std::uint64_t number);
  /// Ends all connections and forgets all calls; nothing is called back.
  void shut();

  const ClientSettings& settings() const noexcept { return settings_; }

  // What connections report. The pool may be gone when these return.

  /// The response is complete. clean: nothing is left over, in either direction.
  void answered(ClientConnection& connection, ResponseParser& parser, bool clean);
  /// What came is no response, or too much of one.
  void misunderstood(ClientConnection& connection, const ResponseParser& parser);
  /// One without a call is of no more use.
  void spoiled(ClientConnection& connection);
  /// It is over, or never came about.
  void ended(ClientConnection& connection, std::uint32_t reason, std::string_view why);

 private:
  ClientHost& host_of(ClientCall& call);
  bool start(ClientHost& host, ClientCall& call);
  bool drop_idle(ClientHost& host);
  bool drop_oldest_idle();
  void wait(ClientHost& host, ClientCall& call, bool first);
  void stop_waiting(ClientHost& host, ClientCall& call);
  void pump();
  void settle();
  void later();
  void run_later();
  void fail_waiting();
  void refuse(ClientCall& call, Failure failure, std::string_view what);
  void overdue(std::uint64_t number);
  void abandon(ClientCall& call);
  void forget(ClientConnection& connection);
  std::chrono::milliseconds rest_time(const ReceivedResponse& response) const;
  void finish(ClientCall& call, ClientResult result);

  const Shard& shard_;
  const ClientSettings settings_;
  const ClientMetrics metrics_;
  bool dials_;            // this kernel does
  bool stopped_ = false;  // nothing can be dialled any more
  bool posted_ = false;   // run_later() is on its way
  bool unused_ = false;   // some host may have become it
  std::uint64_t last_number_ = 0;
  std::size_t open_ = 0;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::string turn_;  // the host that was served last
  std::map<std::string, ClientHost> hosts_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ClientCall>> calls_;
  std::vector<std::pair<std::uint64_t, ClientError>> refused_;  // not yet told
};

}  // namespace trellis::http

/// The inside of a Client: which request goes over which connection.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client.hpp"
#include "client_call.hpp"
#include "client_connection.hpp"

namespace trellis::http {

/// A scheme, host, port and layer, with its connections and the requests that wait for one.
struct ClientHost {
  Url url;
  std::string layer;
  std::size_t open = 0;  // connections, those being dialled included
  std::size_t dialling = 0;
  std::size_t retired = 0;               // that end with the calls they carry
  std::size_t earned = 1;                // connections it may have, where they are earned; retired ones come on top
  Version version = Version::unknown;    // spoken on its connections
  bool http2 = false;                    // is offered to it
  std::vector<ClientConnection*> ready;  // connections that take another call, the longest ready first
  std::deque<ClientCall*> waiting;
  std::chrono::milliseconds ill_until{0};  // it could not be reached; 0: it could
  bool has_turn = false;                   // it stands in a list of the pool
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

  // What connections report. The client may be gone when these return, and the connection let go.

  /// It can be written to.
  void opened(ClientConnection& connection);
  /// The response is complete.
  void answered(ClientConnection& connection, ClientCall& call, ClientResponse response);
  /// What came is no response, or too much of one: so_far.
  void misunderstood(ClientCall& call, const ParseError& error, ClientResponse so_far);
  /// The server gave the call up, after so much of its response.
  void failed(ClientCall& call, std::string_view what, ClientResponse so_far);
  /// The server says that it did not begin with the call.
  void returned(ClientCall& call, std::string_view why);
  /// It has more room, or less, or may rest.
  void changed(ClientConnection& connection);
  /// It takes no further calls, and ends when it has none any more.
  void retired(ClientConnection& connection);
  /// One without a call is of no more use.
  void spoiled(ClientConnection& connection);
  /// It has to end, with all its calls.
  void broken(ClientConnection& connection, Failure failure, std::string_view why);
  /// It is over, or never came about.
  void ended(ClientConnection& connection, std::uint32_t reason, std::string_view why);
  /// The host wants nothing but HTTP/1.1.
  void without_http2(ClientHost& host);

 private:
  enum class Start { done, host_is_busy, all_are_busy };

  ClientHost& host_of(ClientCall& call);
  Start start(ClientHost& host, ClientCall& call);
  bool has_room(const ClientHost& host, const ClientCall& call) const;
  void give_turn(ClientHost& host);
  bool take_turn(ClientHost& host);
  void fell_ill(ClientHost& host);
  void got_well(ClientHost& host);
  void erase_if_unused(const std::string& key);
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
  ClientConnection* ready_for(ClientHost& host, const ClientCall& call) const;
  void carry(ClientConnection& connection, ClientCall& call);
  ClientConnection* take_off(ClientCall& call);
  void look_at(ClientConnection& connection);
  void set_ready(ClientConnection& connection, bool ready);
  void lose(ClientConnection& connection, const std::function<ClientError(const ClientCall&)>& error, bool repeats);
  const Metric& metric_of(Version version) const;
  void finish(ClientCall& call, ClientResult result);

  const Shard& shard_;
  const ClientSettings settings_;
  const ClientMetrics metrics_;
  bool dials_;            // this kernel does
  bool stopped_ = false;  // nothing can be dialled any more
  bool posted_ = false;   // run_later() is on its way
  std::uint64_t last_number_ = 0;
  std::size_t open_ = 0;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::map<std::string, ClientHost> hosts_;
  std::deque<ClientHost*> turns_;      // hosts whose calls may find a connection, who was served longest ago first
  std::vector<ClientHost*> no_turns_;  // ill ones, as long as they would take one away from others
  std::vector<std::string> unused_;    // hosts that may have become it, by key
  std::set<std::pair<std::chrono::milliseconds, ClientHost*>> ill_;  // and until when
  std::map<std::uint64_t, ClientConnection*> resting_;               // all idle ones, the longest idle first
  std::uint64_t rests_ = 0;
  std::uint64_t dialled_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<ClientCall>> calls_;
  std::vector<std::pair<std::uint64_t, ClientError>> refused_;  // not yet told
};

}  // namespace trellis::http

// The way from one destination to its peer: a connection when there is something to send, and what is under way on it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <trellis/handler.hpp>
#include <vector>

#include "common/peer_link/connection.hpp"
#include "common/peer_link/link_metrics.hpp"
#include "common/peer_link/speaker.hpp"

namespace peer_link {

/// Of one shard. Deliveries go in the order in which they were added. While the peer cannot be reached they wait, until
/// their time is over or until what is wrong is nothing that passes; what was sent and not answered when a connection
/// breaks is tried again by whoever has it delivered. Destruction does that with everything.
///
/// Settling may lead back in here: whatever is settled was taken out before.
class Link {
 public:
  Link(const trellis::Shard& shard, std::shared_ptr<const Place> place, const LinkMetrics& metrics);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void add(Piece piece, trellis::Settlement settlement);
  /// Consents once the peer has greeted back.
  void check(trellis::Settlement consent);

  // --- for the speaker, within its functions or its timers

  const trellis::Shard& shard() const noexcept { return shard_; }
  const LinkSettings& settings() const noexcept { return place_->link(); }
  void write(std::string_view bytes) noexcept {
    if (connection_ != nullptr) connection_->write(bytes);
  }
  /// The peer has greeted: deliveries may go.
  void ready();
  /// No more than that many in flight on this connection, until it is said anew: the peer wants it so.
  void limit(std::size_t most);
  /// After how much silence the peer is asked for a sign of life on this connection, at most the settings' time.
  void keep_alive(std::chrono::milliseconds most);
  /// What became of one. False where nobody waits for that number any more.
  bool settle(std::uint64_t number, const common::Verdict& verdict);
  /// The oldest number that is not settled; one more than the last where all are.
  std::uint64_t oldest() const noexcept { return first_; }
  std::uint64_t next() const noexcept { return first_ + sent_.size(); }
  std::size_t in_flight() const noexcept { return sent_.size(); }
  /// The connection cannot go on: it is given up, with that verdict of all in flight.
  void fail(common::Verdict verdict);
  /// The same, where the peer does not keep to the protocol.
  void misunderstood(std::string_view what);

  // --- for the connection

  void opened();
  std::size_t arrived(std::string_view bytes);
  void closed(std::uint32_t reason, std::string_view why, bool shutdown);

 private:
  using Milliseconds = std::chrono::milliseconds;
  struct Waiting {
    Piece piece;
    trellis::Settlement settlement;
    Milliseconds until;
  };
  struct Sent {
    std::optional<trellis::Settlement> settlement;  // nothing: it is settled, and others before it are not
    Milliseconds until;
  };

  // link.cpp: there
  void connect();
  bool may_send() const noexcept;
  void pump();
  void send_first();
  Waiting take_first();
  void refuse(trellis::Settlement settlement, const common::Verdict& verdict);
  void watch(Milliseconds until);
  void look();
  bool look_at_connection();

  // link_ends.cpp: and when it ends
  void end(const common::Verdict& verdict, bool was_ready);
  void drop_connection();
  void back_off();
  void give_up(const common::Verdict& verdict, bool all);
  void tell_of(const common::Verdict& verdict);
  void leave_busy();

  const trellis::Shard& shard_;
  const std::shared_ptr<const Place> place_;
  const LinkMetrics& metrics_;

  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::deque<Sent> sent_;
  std::uint64_t first_ = 1;  // the number of the first of sent_
  std::size_t limit_;
  std::vector<trellis::Settlement> checks_;

  Connection* connection_ = nullptr;
  std::unique_ptr<Speaker> speaker_;
  bool ready_ = false;
  bool stopped_ = false;
  unsigned busy_ = 0;                      // the speaker speaks: nothing is sent, and it is not destroyed
  std::optional<common::Verdict> failed_;  // meanwhile
  Milliseconds greeting_until_{0};
  Milliseconds heard_{0};
  Milliseconds keep_alive_{0};
  std::optional<Milliseconds> pinged_;

  std::optional<common::Verdict> last_failure_;  // to connect; nothing: it worked
  Milliseconds backoff_;
  std::minstd_rand jitter_;
  trellis::Timer reconnect_;
  trellis::Timer watch_;
  Milliseconds watched_until_{0};
};

}  // namespace peer_link

/// One MQTT client: its connection while there is one, its session while there is one.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/subscriber.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/mqtt/packets.hpp"
#include "common/mqtt/text.hpp"
#include "incoming_ids.hpp"
#include "kept_session.hpp"
#include "packet_ids.hpp"
#include "queues.hpp"
#include "shard.hpp"
#include "topic_aliases.hpp"
#include "will.hpp"

namespace trellis::mqtt {

/// Connection and session in one object, because nearly always there are both and an idle client should cost one small
/// allocation. Made for a connection; stays for the session when the connection goes; gone when neither is left. A
/// client that comes back is a new object that takes the subscriber over (on_taken), so nothing here is ever reused.
///
/// What most clients never need (will, aliases, authentication method, identifiers in flight) is allocated when they
/// do.
///
/// Owned by itself between Shard::open() and the end of connection and session. All members: [shard].
class Client {
 public:
  Client(Shard& shard, trellis_connection* connection, std::uint32_t name_space) noexcept
      : shard_(shard), connection_(connection), name_space_(static_cast<std::uint16_t>(name_space)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The protocol table.
  static std::uint32_t recognise(std::span<const std::uint8_t> begin) noexcept {
    constexpr std::uint8_t kConnect = 0x10;  // MQTT 5, 3.1.1
    return begin[0] == kConnect ? TRELLIS_RECOGNISED_YES : TRELLIS_RECOGNISED_NO;
  }
  std::size_t on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept;
  void on_authenticated(const trellis_auth_answer& answer) noexcept;
  void on_timer() noexcept;
  void on_drain() noexcept;
  void on_revoked() noexcept;
  void on_close(std::uint32_t reason) noexcept;

  /// Of a session that outlived the process: goes on waiting for its client.
  void resume(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept, KeptSession session);

  // The receiver table.
  void on_deliver(const trellis_delivery* deliveries, std::uint32_t count) noexcept;
  bool on_taken(bool discarded) noexcept;
  void on_ended(std::uint32_t reason) noexcept;
  static const trellis_receiver& receiver() noexcept;

  // What streams tell; see trellis_stream_user.
  std::uint32_t on_events(QueueStream& from, const trellis_stream_item* items, std::uint32_t count) noexcept;
  void on_stream_ended(QueueStream& over, std::string_view reason) noexcept;

 private:
  enum class State : std::uint8_t {
    fresh,           // nothing but CONNECT may come
    authenticating,  // a question to the authenticators is under way
    challenged,      // the client has to go on with AUTH
    connected,
    closing  // close() was called: nothing is read or written any more
  };

  /// What came with CONNECT and is needed until it is answered. Lives on the stack where the authenticators answer at
  /// once, else on the heap with a copy of the packet.
  struct Connecting {
    ConnectPacket packet{};
    std::vector<trellis_pair> user_properties{};
    std::vector<trellis_pair> will_user_properties{};
    std::string assigned_id{};  // empty when the client named itself
    std::string copy{};

    std::string_view client_id() const noexcept {
      return assigned_id.empty() ? packet.client_id : std::string_view(assigned_id);
    }
    std::unique_ptr<Connecting> to_heap(std::string_view body);
  };

  /// What only some clients have.
  struct Extras {
    std::string authentication_method{};
    std::string client_id{};  // of those with an authentication method, who may prove themselves again
    IncomingAliases incoming_aliases{};
    std::unique_ptr<OutgoingAliases> outgoing_aliases{};
    Buckets rates{};                      // of this client, where they are limited
    trellis_client_limits own{};          // its own, beside those of its namespace; 0: none
    std::shared_ptr<QuotaBuckets> quota;  // of its own rates, shared by its name; null: it has none
    QuotaBuckets alone{};                 // what would be left of that if nobody shared it
    std::uint64_t read_again_ms = 0;      // 0: it is read
    std::uint64_t paused_at_ms = 0;       // when it last was not read any more
    std::uint64_t read_since_ms = 0;      // and was again
    std::uint64_t too_fast_since_ms = 0;  // 0: it is not
    std::unique_ptr<Queues> queues{};     // null: it takes from none
  };

  ~Client();

  // client.cpp: bytes to packets, the end of things
  bool handle(const FixedHeader& header, Reader body);
  Fault check_header(HeaderResult result, const FixedHeader& header, std::uint8_t first) const;
  bool allowed_now(PacketType type);
  void handle_packets(std::span<const std::uint8_t> data, std::size_t& used, std::size_t& wanted);
  bool handle_disconnect(Reader body);
  void end(Reason reason, std::string_view text);
  void end(const Fault& fault);
  void close(Reason reason);
  void send(const std::string& packet, PacketType type);
  void acknowledge(PacketType type, std::uint16_t packet_id, Reason reason, std::string_view text = {});
  void flush_acks();
  void settle_will(bool session_over, bool soon);
  void await_will(std::uint64_t delay_ms);
  void keep_session();
  std::uint32_t disconnected_by(std::uint32_t reason) const;
  void log_end(Reason reason, std::string_view text);
  void arm_timer(std::uint64_t idle_ms);
  void note_unfinished(std::size_t used, std::size_t wanted);
  std::uint64_t unfinished_left_ms() const;
  bool identity_expired() const;
  std::string_view expiry_text() const;
  bool has_identity_flag(std::uint32_t flag) const;
  bool check_control_properties(std::uint32_t count);
  static void on_will_due(void* user);

  // connect.cpp
  bool handle_connect(const FixedHeader& header, Reader body);
  Fault check_connect(const ConnectPacket& packet) const;
  Fault check_will(const ConnectPacket& packet) const;
  void authenticate(const Connecting& connecting, std::uint32_t flags, std::string_view data);
  void finish_connect(const Connecting& connecting, std::string_view authentication_data);
  bool admit(const Connecting& connecting, trellis_client_limits& own);
  void apply_session(const Connecting& connecting, const trellis_client_limits& own);
  trellis_status open_subscriber(const Connecting& connecting, const trellis_client_limits& own);
  void drop_connecting() noexcept;
  std::uint32_t longest_session_s() const noexcept {
    const std::uint32_t own = extras_ == nullptr ? 0 : extras_->own.session_expiry_s;
    return own == 0 ? limits().session_expiry_s : own;
  }

  // connack.cpp
  bool fits(const ConnackPacket& packet) const;
  ConnackPacket connack_for(const Connecting& connecting, std::string_view authentication_data,
                            std::string& response) const;
  void accept(const Connecting& connecting, std::string_view authentication_data, bool session_present);
  void refuse(Reason reason, std::string_view text, Version version);

  // auth.cpp
  bool handle_auth(Reader body);
  void ask_again(const AuthPacket& packet, const std::vector<trellis_pair>& user_properties, bool reauthenticates);
  void challenge(const trellis_auth_answer& answer);
  void send_auth(Reason reason, std::string_view method, std::string_view data);
  void deny(const trellis_auth_answer& answer);

  // publish.cpp
  bool handle_publish(const FixedHeader& header, Reader body);
  Fault read_publish(const FixedHeader& header, Reader body, PublishPacket& packet, Properties& properties);
  Fault resolve_alias(PublishPacket& packet, std::uint16_t alias);
  Fault check_publish(const PublishPacket& packet, const Properties& properties, bool& fatal) const;
  bool take_packet_id(const PublishPacket& packet);
  bool refuse_publish(const PublishPacket& packet, const Fault& fault);
  bool flush_publishes();
  void settle_publish(std::uint32_t qos, std::uint16_t packet_id, trellis_status status);

  // pace.cpp
  bool rated(Rated what) const noexcept;
  std::uint32_t own_rate(Rated what) const noexcept;
  bool owes_too_much(const trellis_client_limits& own);
  std::uint64_t charge(Rated what, std::uint64_t amount);
  std::uint64_t sent_since_ms() const noexcept;
  bool rested() const noexcept;
  bool too_fast(std::uint64_t messages, std::uint64_t bytes) noexcept;
  bool take(Rated what);
  void pace_publishes();
  void pace_deliveries();
  void read_later(std::uint64_t wait_ms);
  void read_again();

  // acks.cpp
  bool handle_ack(PacketType type, Reader body);
  bool handle_puback(const AckPacket& packet);
  bool handle_pubrec(const AckPacket& packet);
  bool handle_pubcomp(const AckPacket& packet);
  bool handle_pubrel(const AckPacket& packet);
  bool refused_by_client();

  // subscribe.cpp
  bool handle_subscribe(Reader body);
  bool handle_unsubscribe(Reader body);
  Reason subscribe(const SubscribeFilter& filter, const SharedFilter& shared, std::uint32_t identifier,
                   std::string_view& why);
  Reason check_filter(const SubscribeFilter& filter, const SharedFilter& shared) const;
  Reason add_subscription(const trellis_subscription& subscription);
  bool answer(PacketType type, std::uint16_t packet_id, std::string_view codes, std::string_view text);

  // deliver.cpp
  struct Outgoing;
  void deliver(const trellis_delivery* deliveries, std::uint32_t count);
  bool prepare(const trellis_delivery& delivery, std::int64_t wall_ms, Outgoing& out);
  bool assign_packet_id(const trellis_delivery& delivery, Awaiting awaiting, std::uint16_t& packet_id);
  void write(const Outgoing* packets, std::uint32_t count);
  std::size_t size_of(OutgoingPublish& publish);

  // queue_subscriptions.cpp
  Queues* queues() const noexcept { return extras_ == nullptr ? nullptr : extras_->queues.get(); }
  Reason check_queue(const SubscribeFilter& filter, const SharedFilter& shared, std::string_view& why) const;
  Reason subscribe_queue(const SubscribeFilter& filter, const SharedFilter& shared, std::uint32_t identifier,
                         std::string_view& why);
  Reason add_queue(std::string_view filter, std::uint32_t identifier, std::string_view& why);
  bool may_still_take(QueueStream& one);
  trellis_status subscribe_again(QueueStream& one);
  void unsubscribe_queue(std::string_view filter);
  trellis_status open_stream(QueueStream& one);
  void close_stream(QueueStream& one);
  void suspend_stream(QueueStream& one);
  void begin_queues();
  void end_queues();
  void leave_queues() noexcept;
  void resume_queues();
  void take_queues(const KeptSession& session);
  void open_again_in(std::uint64_t delay_ms);
  void open_again();
  void cancel_queue_timers() noexcept;

  // queue_deliveries.cpp
  std::uint32_t room_for(const QueueStream& one) const;
  bool write_event(QueueStream& from, const trellis_stream_item& item);
  PacketIds::Slot* event_slot(std::uint16_t packet_id) const noexcept;
  bool settle_event(PacketIds::Slot& slot, Reason reason);
  void pass_turn();
  void hold_streams(std::uint64_t wait_ms);
  void wake_streams_in(std::uint64_t delay_ms);
  void wake_streams();

  std::uint64_t session_expiry_ms() const noexcept {
    return session_expiry_s_ == kNeverExpires ? UINT64_MAX : session_expiry_s_ * 1000ULL;
  }
  const Limits& limits() const noexcept { return shard_.limits(name_space_); }
  bool v5() const noexcept { return version_ == Version::v5; }
  Extras& extras() {
    if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
    return *extras_;
  }
  PacketIds& outgoing() {
    if (outgoing_ == nullptr) outgoing_ = std::make_unique<PacketIds>();
    return *outgoing_;
  }

  Shard& shard_;
  trellis_connection* connection_;            // null: the session waits for its client
  trellis_subscriber* subscriber_ = nullptr;  // null: no session
  Connecting* connecting_ = nullptr;          // owned where heap_connecting_
  std::unique_ptr<Will> will_{};
  std::unique_ptr<Extras> extras_{};
  std::unique_ptr<PacketIds> outgoing_{};    // QoS 1 and 2 towards the client
  std::unique_ptr<IncomingIds> incoming_{};  // QoS 2 from the client
  std::uint32_t session_expiry_s_ = 0;
  std::uint32_t maximum_packet_size_ = kMaxPacketBytes;  // the client's
  std::uint32_t unfinished_bytes_ = 0;                   // of the packet that is arriving; 0: none is
  std::uint32_t unfinished_since_ms_ = 0;                // the low half of when it began
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t name_space_;
  Version version_ = Version::v311;
  State state_ = State::fresh;
  bool heap_connecting_ : 1 = false;
  bool counted_ : 1 = false;  // in trellis_mqtt_connections
  bool kept_ : 1 = false;     // the session outlives the process
  bool bridge_ : 1 = false;
  bool problem_information_ : 1 = true;
  bool drained_ : 1 = false;           // the broker said goodbye: no will
  bool asking_ : 1 = false;            // the authenticators have not answered yet
  bool reauthenticating_ : 1 = false;  // an exchange the connected client began
};

}  // namespace trellis::mqtt

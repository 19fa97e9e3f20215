// A byte stream on one shard: its socket, its layers, ending in one protocol.
#pragma once

#include <trellis/abi/connection.h>

#include <cstdint>
#include <memory>
#include <string>
#include <trellis/connections/endpoint.hpp>
#include <trellis/connections/output_gate.hpp>
#include <trellis/runtime/address.hpp>
#include <trellis/runtime/identity.hpp>
#include <trellis/runtime/outbox.hpp>
#include <trellis/runtime/shard.hpp>

struct trellis_connection {};

namespace trellis::connections {

class LayerStack;

/// Told when a connection can take more output, or is gone.
class OutputListener {
 public:
  virtual void on_drained() = 0;
  virtual void on_connection_lost() = 0;

 protected:
  ~OutputListener() = default;
};

/// Owns the socket; frees itself at the end of the turn in which it closed. An idle connection owns no buffers.
/// All members are for its shard's thread.
class Connection final : public trellis_connection, public Pollable, public Deferred {
 public:
  /// Takes over an accepted socket, on whatever shard the endpoint belongs to. [any]
  static void arrive(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer);
  /// The same on the endpoint's shard. Null when the protocol refuses; the socket is closed then.
  static Connection* open(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer = {});
  static Connection& of(trellis_connection* handle) noexcept { return *static_cast<Connection*>(handle); }
  static const Connection& of(const trellis_connection* handle) noexcept {
    return *static_cast<const Connection*>(handle);
  }

  Shard& shard() noexcept { return endpoint_->shard(); }
  Endpoint& endpoint() noexcept { return *endpoint_; }
  const Endpoint& endpoint() const noexcept { return *endpoint_; }
  void* user() const noexcept { return user_; }
  std::uint64_t id() const noexcept { return id_; }
  std::uint32_t flags() const noexcept { return flags_; }
  const PeerAddress& peer() const noexcept { return peer_; }
  bool closing() const noexcept { return state_ != State::open; }

  // Output. Everything written in one turn leaves together at its end.
  std::uint8_t* reserve(std::size_t size);
  void commit(std::size_t size);
  void write(const void* data, std::size_t size);
  /// Whether what is written is encoded first, so that keeping it as it is saves nothing.
  bool encodes() const noexcept { return layers_ != nullptr; }
  /// Bytes that belong to an owner, without copying them; only where nothing encodes. It is released once they left.
  void write_kept(std::string_view bytes, const void* owner, void (*release)(const void* owner));
  std::size_t unsent() const noexcept;
  /// What is written from here on leaves only after the gate was opened, and those before it; nothing else is slowed.
  OutputGate& hold_output(std::uint64_t ticket);
  void open_gate(const OutputGate& gate);
  /// The gate closest to the end of the output, or null.
  const OutputGate* last_gate() const noexcept { return held_ == nullptr ? nullptr : held_->last(); }
  /// True when nothing more should be delivered for now; the output listener is told when that is over.
  bool congested() noexcept;
  /// Sends what the socket takes at once, without waiting for the end of the turn.
  void flush_early() noexcept {
    if (!blocked_ && layers_ == nullptr && state_ == State::open) send_now();
  }
  void set_output_listener(OutputListener* listener) noexcept { output_listener_ = listener; }
  OutputListener* output_listener() const noexcept { return output_listener_; }

  void close();
  void close_now(std::uint32_t reason);
  void set_timer(std::uint64_t delay_ms);
  std::uint64_t idle_ms() const noexcept;
  /// Where subscribers of that name live. They do not move away while this is the last name the connection asked about.
  std::uint32_t home(std::string_view name);
  void move(std::uint32_t shard_index);
  void pause(bool paused);
  /// As the contract's: what else the listener serves takes over. False where nothing does.
  bool restart(const void* data, std::size_t size);
  /// The protocol says goodbye: TRELLIS_CLOSE_SHUTDOWN or TRELLIS_CLOSE_REMOVED.
  void drain(std::uint8_t reason) { say_goodbye(reason, endpoint_->protocol->on_drain); }
  /// The client's rights were taken back: the protocol says so. TRELLIS_CLOSE_EXPIRED or TRELLIS_CLOSE_RIGHTS.
  void revoke(std::uint8_t reason) { say_goodbye(reason, endpoint_->protocol->on_revoked); }

  /// While set, no bytes reach the protocol: an answer about the client is awaited.
  void set_waiting(bool waiting);
  bool waiting() const noexcept { return waiting_; }

  const IdentityPtr& identity() const noexcept { return identity_; }
  void set_identity(IdentityPtr identity);
  /// Set by the first publish; publishers are the ones that wait when memory runs short.
  void mark_publisher() noexcept { publisher_ = true; }
  /// Slot for the question about this client under way; 0 is none.
  trellis_token question = 0;

  void on_ready(std::uint32_t events) override;
  void run_deferred() override;

  /// What the layers know about it: TRELLIS_FACT_….
  std::string_view fact(std::string_view name) const;
  /// The client's address and port: as a proxy told them that stands between and is believed, or the socket's, written
  /// into buffer.
  std::string_view client(char (&buffer)[PeerAddress::kTextBytes]) const;
  /// Whether that is on this machine.
  bool client_is_local() const;

  /// Asks the layers whether it may go on.
  void look();

  // For layers.
  LayerStack* layers() noexcept { return layers_.get(); }
  void plain_input(const void* data, std::size_t size);
  void encoded_output(const void* data, std::size_t size);
  /// The uppermost one has agreed with its peer.
  void layers_ready();

 private:
  enum class State : std::uint8_t { open, closing, lingering, closed };
  struct Input;
  struct Restart;
  friend class Endpoint;
  friend class ConnectionMover;

  Connection(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer);
  ~Connection();
  bool start(std::unique_ptr<LayerStack> layers);
  void link() noexcept;
  void unlink() noexcept;

  void say_goodbye(std::uint8_t reason, void (*say)(void* shard, void* user));
  void read_some();
  bool read_one();
  void give_up();
  void layered_input(std::size_t first, const std::uint8_t* data, std::size_t size);
  bool decided() const noexcept { return endpoint_->choices.empty(); }
  void go_on(std::shared_ptr<Endpoint> target, const std::uint8_t* data, std::size_t size);
  bool restarting() const noexcept { return read_later_ != nullptr && read_later_->restart != nullptr; }
  bool receive(std::uint8_t* data, std::size_t size, std::size_t& received);
  void feed(const std::uint8_t* data, std::size_t size);
  void resume_input();
  std::size_t call_protocol(const std::uint8_t* data, std::size_t size, std::size_t& wanted);
  void check_input();
  void keep_rest(const std::uint8_t* data, std::size_t size, std::size_t wanted);
  bool may_read() noexcept;
  void read_later() noexcept;
  Deferred& reading();
  void discard_input();
  /// Where the protocol writes to.
  Outbox& written() noexcept;
  /// Of what is to go into the socket, how much may.
  std::size_t sendable() const noexcept;
  void send_now() noexcept;
  void encode_output();
  void flush();
  void flushed();
  void peer_ended();
  void tell_closed(std::uint32_t reason);
  void finish_close();
  void hand_over();
  static constexpr std::uint8_t kStays = UINT8_MAX;
  bool moving() const noexcept { return moving_to_ != kStays; }
  static void on_timer(Timer& timer);

  std::shared_ptr<Endpoint> endpoint_;
  Connection* next_ = nullptr;
  Connection* previous_ = nullptr;
  void* user_ = nullptr;
  Outbox outbox_;
  struct ConnectionTimer final : Timer {
    explicit ConnectionTimer(Connection& owner) noexcept : Timer(&Connection::on_timer), connection(owner) {}
    Connection& connection;
  } timer_;
  class ReadLater final : public Deferred {
   public:
    explicit ReadLater(Connection& connection) noexcept;
    ~ReadLater();
    void run_deferred() override;
    std::unique_ptr<Restart> restart;  // once what was written has left

   private:
    Connection& connection_;
  };
  std::unique_ptr<ReadLater> read_later_;  // made when first needed
  std::unique_ptr<Input> input_;           // bytes of an incomplete packet
  std::unique_ptr<LayerStack> layers_;
  std::unique_ptr<HeldOutput> held_;  // while there is a gate
  OutputListener* output_listener_ = nullptr;
  IdentityPtr identity_;
  std::uint64_t id_;
  Homes::Key home_ = 0;       // held
  std::uint32_t read_at_ms_;  // its low bits: differences are what counts
  int fd_;
  std::uint32_t flags_;
  PeerAddress peer_;
  std::uint8_t moving_to_;
  State state_ = State::open;
  std::uint8_t close_reason_ = TRELLIS_CLOSE_PROTOCOL;
  bool told_closed_ = false;  // on_close was called
  bool blocked_ = false;      // the socket took no more
  bool readable_ = false;     // the socket may hold unread bytes
  bool paused_ = false;       // by the protocol
  bool waiting_ = false;      // for an answer about the client
  bool publisher_ = false;
  bool congested_ = false;  // the output listener waits for on_drained
  bool in_layers_ = false;  // inside the layers' on_input
  bool in_input_ = false;   // inside the protocol's on_bytes
  bool resumed_ = false;    // the answer came while it was
  bool hung_up_ = false;    // the peer closed its side: read until the end
  bool linger_ = false;     // there are last words to be read
};

}  // namespace trellis::connections

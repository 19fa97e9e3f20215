// What a test says to a plugin of each kind. All are handles: cheap to copy, valid as long as the TestHost.
#pragma once

#include <trellis/abi/connection.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>
#include <trellis/testing/facts.hpp>
#include <trellis/testing/instance.hpp>
#include <vector>

namespace trellis::testing {

struct FakeConnection;

/// What every kind's handle offers.
class Driver {
 public:
  explicit Driver(Instance& instance) noexcept : instance_(&instance) {}
  Instance& instance() const noexcept { return *instance_; }
  /// The object itself, for what only its class knows.
  template <class Class>
  Class& as() const noexcept {
    return static_cast<Class&>(*static_cast<Plugin*>(instance_->get()));
  }

 protected:
  World& world() const noexcept { return instance_->world(); }

 private:
  Instance* instance_;
};

class StageDriver : public Driver {
 public:
  using Driver::Driver;
  /// Lets one message pass through the stage.
  Verdict publish(std::string_view topic, std::string_view payload = {}) const;
  Verdict publish(const Sample& sample) const { return judge({sample}).front().verdict; }
  /// Lets a batch pass. publisher: who published it, where the kernel shall tell.
  std::vector<StageOutcome> judge(const std::vector<Sample>& samples, std::string_view name_space = "default",
                                  std::uint32_t shard = 0, const Authenticated* publisher = nullptr) const;
  /// What the last batch left: copies, in order.
  const std::vector<Sample>& copies() const noexcept { return *copies_; }
  /// What the last message goes on as.
  const std::optional<Sample>& replacement() const noexcept { return *replacement_; }

 private:
  std::shared_ptr<std::vector<Sample>> copies_ = std::make_shared<std::vector<Sample>>();
  std::shared_ptr<std::optional<Sample>> replacement_ = std::make_shared<std::optional<Sample>>();
};

/// A compiled filter; released with the last copy.
class CompiledFilter {
 public:
  CompiledFilter(Instance& instance, void* compiled);
  bool matches(std::string_view topic, std::string_view payload = {}) const;
  bool matches(const Sample& sample) const { return judge({sample}).front() == Verdict::pass; }
  std::vector<Verdict> judge(const std::vector<Sample>& samples, std::uint32_t shard = 0) const;

 private:
  Instance* instance_;
  std::shared_ptr<void> compiled_;
};

class PredicateDriver : public Driver {
 public:
  using Driver::Driver;
  /// Compiles a subscription's filter; throws what the plugin says when it refuses.
  CompiledFilter compile(std::string_view filter) const;
  /// The sentence of a refusal, empty when it compiles.
  std::string refusal(std::string_view filter) const;
};

/// A client whose credentials are being judged.
class AuthClient {
 public:
  AuthClient(Instance& instance, Client client, trellis_token token);
  /// Verdict::pending as long as there is no answer; a deny by the kernel's deadline is one.
  AuthVerdict verdict() const { return outcome().verdict; }
  bool allowed() const { return verdict() == AuthVerdict::allow; }
  bool denied() const { return verdict() == AuthVerdict::deny; }
  AuthOutcome outcome() const;
  /// The next step of a challenged exchange.
  AuthVerdict answer(std::string_view data);
  /// The client goes away before it was answered.
  void leave();

 private:
  Instance* instance_;
  Client client_;
  trellis_token token_;
};

class AuthenticatorDriver : public Driver {
 public:
  using Driver::Driver;
  AuthClient connect(const Client& client, std::uint32_t shard = 0) const;
};

class AuthorizerDriver : public Driver {
 public:
  using Driver::Driver;
  /// `identity` also is the client id unless one is given.
  Access may(std::string_view identity, Action action, std::string_view topic, std::string_view client_id = {},
             const TextPairs& attributes = {}) const;
  Access may(const Authenticated& who, Action action, std::string_view topic) const;
  /// Questions about one client, asked in one call on that shard.
  std::vector<Access> may(const Authenticated& who, const std::vector<std::pair<Action, std::string>>& questions,
                          std::uint32_t shard = 0) const;
  /// TRELLIS_OK, without limits, where the plugin has no admit().
  Admission admit(const Authenticated& who, std::uint32_t shard = 0) const;
  /// The steps, in order: what was looked at, and what was found.
  TextPairs explain(const Authenticated& who, Action action, std::string_view topic) const;
  std::uint32_t flags() const;
};

/// One delivery on its way.
class DeliveryWatch {
 public:
  DeliveryWatch(World& world, trellis_token token) noexcept : world_(&world), token_(token) {}
  Outcome outcome() const;
  std::string reason() const;
  std::chrono::milliseconds retry_after() const;
  Cause cause() const;
  std::uint32_t code() const;

 private:
  World* world_;
  trellis_token token_;
};

/// An opened destination; released with the last copy.
class OpenDestination {
 public:
  OpenDestination(Instance& instance, void* destination);
  DeliveryWatch deliver(std::string_view topic, std::string_view payload = {}) const;
  /// attempts: how often they were delivered before.
  std::vector<DeliveryWatch> deliver(const std::vector<Sample>& samples, std::uint32_t shard = 0,
                                     std::uint32_t attempts = 0) const;
  /// Whether the destination wants deliveries: delivered is yes.
  DeliveryWatch check(std::uint32_t shard = 0) const;

 private:
  Instance* instance_;
  std::shared_ptr<void> destination_;
};

class HandlerDriver : public Driver {
 public:
  using Driver::Driver;
  /// Opens a subscription's destination; throws what the plugin says when it refuses.
  OpenDestination open(std::string_view destination = "{}") const;
  std::string refusal(std::string_view destination) const;
};

/// A request under way.
class ResponseWatch {
 public:
  ResponseWatch(World& world, trellis_token token) noexcept : world_(&world), token_(token) {}
  bool answered() const { return get().status != 0; }
  /// The client goes away without an answer.
  void leave() const;
  std::uint32_t status() const { return get().status; }
  const std::string& body() const { return get().body; }
  std::string header(std::string_view name) const { return get().header(name); }
  const ResponseSample& get() const;

 private:
  World* world_;
  trellis_token token_;
};

class ServiceDriver : public Driver {
 public:
  using Driver::Driver;
  ResponseWatch request(const RequestSample& request, std::uint32_t shard = 0) const;
  ResponseWatch get(std::string_view path) const { return request({.path = std::string(path)}); }
};

/// A connection through a layer alone.
class LayerConnection {
 public:
  LayerConnection(Instance& instance, FakeConnection* connection, void* user) noexcept
      : instance_(&instance), connection_(connection), user_(user) {}
  /// Whether the layer accepted it.
  bool accepted() const noexcept { return user_ != nullptr; }
  /// Bytes from the socket; false when the layer gives up.
  bool input(std::string_view bytes);
  /// Bytes from the protocol.
  bool output(std::string_view bytes);
  /// What the layer handed to the protocol, and to the socket, since the last call.
  std::string up();
  std::string down();
  /// What the layer knows: TRELLIS_FACT_….
  std::string fact(std::string_view name) const;
  /// On a dialled one: whether the layer said that it has agreed with its peer.
  bool ready() const;
  /// Whether the layer lets the connection go on, as the kernel asks every few seconds.
  bool look();
  /// Closes in order.
  void close();

 private:
  Instance* instance_;
  FakeConnection* connection_;
  void* user_;
};

class LayerDriver : public Driver {
 public:
  using Driver::Driver;
  LayerConnection connect(std::uint32_t shard = 0) const;
  /// A connection made from here to that host: the layer plays the client, and offers those protocols.
  LayerConnection dial(std::string_view host, std::uint16_t port, std::string_view alpn = {},
                       std::uint32_t shard = 0) const;
  /// Whether it takes a connection that begins with these bytes: TRELLIS_RECOGNISED_….
  std::uint32_t recognise(std::string_view begin, std::uint32_t shard = 0) const;

 private:
  LayerConnection open(std::unique_ptr<FakeConnection> made) const;
};

struct ConnectOptions {
  std::uint32_t shard = 0;
  std::string peer = "192.0.2.7:40000";
  std::string listener = "test";
  std::string name_space = "default";
  std::uint32_t flags = 0;                        // TRELLIS_CONNECTION_…
  std::map<std::string, std::string> facts = {};  // what layers below would know
  bool restarts = false;                          // the listener serves another protocol that takes what is handed on
};

/// A client on the other end of a protocol: bytes in, bytes out.
class ProtocolConnection {
 public:
  explicit ProtocolConnection(FakeConnection& connection) noexcept : connection_(&connection) {}

  void send(std::string_view bytes);
  /// Bytes the protocol sent since the last call.
  std::string received();
  bool open() const;
  /// TRELLIS_CLOSE_…, 0 while open.
  std::uint32_t close_reason() const;
  /// Bytes sent that the protocol has not consumed.
  std::size_t unread() const;
  /// The bytes handed on to another protocol by restart().
  std::string restarted() const;
  /// The shard it lives on, which move() changes.
  std::uint32_t shard() const;
  /// Whether the protocol stopped reading.
  bool paused() const;
  /// From now on the client reads nothing: what is sent stays unsent. Or it goes on.
  void stall(bool stalled = true);
  /// The network breaks, or the client closes.
  void disconnect();
  /// Ends it for another reason, TRELLIS_CLOSE_….
  void end(std::uint32_t reason);
  /// The broker stops.
  void drain();
  /// The client's rights were taken back.
  void revoke(std::uint32_t reason = TRELLIS_CLOSE_EXPIRED);
  /// Answers an authentication that on_authenticate() left pending.
  void authenticated(const AuthOutcome& outcome);
  /// For calls of host tables in tests of the tables themselves.
  trellis_connection* handle() const;
  /// What the protocol answered to on_open.
  void* user() const;

 private:
  FakeConnection* connection_;
};

class ProtocolDriver : public Driver {
 public:
  using Driver::Driver;
  ProtocolConnection connect(const ConnectOptions& options = {}) const;
};

template <>
struct DriverOf<TRELLIS_KIND_STAGE> {
  using type = StageDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_PREDICATE> {
  using type = PredicateDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_AUTHENTICATOR> {
  using type = AuthenticatorDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_AUTHORIZER> {
  using type = AuthorizerDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_HANDLER> {
  using type = HandlerDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_SERVICE> {
  using type = ServiceDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_LAYER> {
  using type = LayerDriver;
};
template <>
struct DriverOf<TRELLIS_KIND_PROTOCOL> {
  using type = ProtocolDriver;
};

}  // namespace trellis::testing

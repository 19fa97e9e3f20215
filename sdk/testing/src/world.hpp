// The inside of TestHost: what the host tables' functions work on. Not installed.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <trellis/testing/facts.hpp>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "exchanges.hpp"
#include "lent.hpp"
#include "stores.hpp"
#include "subscribers.hpp"

namespace trellis::testing {

class World;

/// What a trellis_host handle points to: the kernel as one instance sees it.
struct HostHandle {
  World* world;
  Instance* instance;
};

struct WaitingTimer {
  std::uint64_t due_ms;
  trellis_timer_fn fn;
  void* user;
};

struct Posted {
  trellis_post_fn fn;
  void* user;
};

/// What a trellis_shard handle points to.
struct FakeShard {
  World* world;
  std::uint32_t index;
  std::map<trellis_token, WaitingTimer> timers;
  std::deque<Posted> mailbox;  // guarded by World::mutex
  bool gone = false;
  std::size_t due = 0;  // how many in the mailbox are for this turn
};

/// A call into a plugin that is under way on this thread; what host functions check themselves against.
struct CallScope {
  CallScope(std::string_view function, FakeShard* on, bool is_hot);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  static const CallScope* current();

  std::string name;
  FakeShard* shard;  // null in [control] calls
  bool hot;          // on the message path
  const CallScope* outer;
};

/// A function of the host does its work: what it allocates is not the plugin's.
struct HostWork {
  HostWork() noexcept;
  ~HostWork();
  HostWork(const HostWork&) = delete;
  HostWork& operator=(const HostWork&) = delete;
};

/// Somebody waits for the store.
struct HeldKept {
  FakeShard* shard;
  void (*done)(void* user, trellis_status status);
  void* user;
  std::uint32_t durability;  // TRELLIS_DURABILITY_…
};

/// A message with its text. The pointer plugins get is the base class.
struct FakeMessage : trellis_message {
  FakeMessage(World& world, const Sample& from, std::int64_t published_at, bool is_borrowed);
  /// Its texts lie on guarded pages from now on, until it is scribbled over.
  void guard(const char* call);
  void scribble();

  World* owner;
  Sample sample;
  std::unique_ptr<Lent> pages;
  std::vector<trellis_pair> properties;
  int references = 0;  // guarded by World::mutex
  bool borrowed;
  bool expired_borrow = false;
};

struct Question {
  Instance* instance;
  AuthOutcome outcome;
  std::uint64_t deadline_ms;
  std::uint32_t shard;
  bool inside = true;     // authenticate() has not returned yet
  bool given_up = false;  // the client left, or the deadline is over: an answer is late, and nobody's fault
};
struct HandlerDelivery {
  Outcome outcome = Outcome::waiting;
  std::uint64_t retry_ms = 0;
  Cause cause = Cause::none;
  std::uint32_t code = 0;
  std::string reason;
  // What follows is of those that a plugin has delivered.
  trellis_settled_fn expected = nullptr;
  void* user = nullptr;
  std::uint64_t what = 0;
  FakeShard* shard = nullptr;
  std::uint64_t due_ms = 0;

  /// Whether it is to be settled yet.
  bool open() const noexcept { return outcome == Outcome::waiting || outcome == Outcome::awaited; }
};

struct MetricState {
  std::uint32_t type;
  std::string help;
  std::int64_t value = 0;
};

struct FakeConnection {
  const trellis_protocol* protocol() const { return dialled ? spoken : instance->table<trellis_protocol>(); }
  void* protocol_shard() const { return dialled ? dialled_user : instance->shard(shard); }

  World* world;
  Instance* instance;
  std::uint64_t id;
  std::uint32_t shard;
  std::uint32_t flags;
  std::uint32_t name_space;
  std::string listener;
  std::string peer;
  bool dialled = false;                      // what follows is of dialled ones
  const trellis_protocol* spoken = nullptr;  // null: a layer is tried
  void* dialled_user = nullptr;
  std::string host;
  std::uint32_t port = 0;
  std::string alpn;
  void* user = nullptr;
  std::string input;   // not yet consumed
  std::string output;  // not yet taken by the test
  std::string reserved;
  std::string raised;          // of a layer: what it handed up
  void* layer_user = nullptr;  // of a layer: its state, until it is closed
  bool layer_ready = false;
  std::map<std::string, std::string> facts;
  std::uint64_t timer_due_ms = 0;
  std::uint64_t last_input_ms = 0;
  std::size_t wanted = 0;
  std::uint32_t move_to = 0;
  std::string home_name;   // asked about last
  std::uint32_t home = 0;  // what was answered
  std::string restarted;   // what the next protocol gets
  bool restarts = false;   // another protocol would take it
  bool gone_on = false;    // restart() was called
  std::uint32_t reason = 0;
  bool open = false;
  bool paused = false;
  bool peer_stalled = false;
  bool asking = false;                             // an authentication is pending
  std::uint32_t goodbye = TRELLIS_CLOSE_PROTOCOL;  // why it ends once the protocol closes it
  bool closing = false;
  bool moving = false;
  bool reading = false;  // inside on_bytes
  bool fresh_input = false;
  AuthOutcome identity_facts;  // verdict allow once authenticated
  std::string client_id;
  std::vector<trellis_pair> identity_attributes;
  trellis_identity identity{};
  std::deque<std::function<void()>> answers;             // to be made in the next turn
  std::function<void(const trellis_auth_answer&)> told;  // of a request: who hears whose it is
};

/// A connection a plugin wants, or TXT records.
struct FakeDial {
  trellis_token token;
  Instance* instance;
  DialRequest request;
  const trellis_protocol* protocol;
  void* user;
  trellis_dial_failed_fn failed;
  trellis_texts_fn texts;  // null: it dials
};

struct FakeResources;

/// A domain that a namespace claims.
struct FakeDomain {
  std::string name;
  std::string name_space;
  std::uint32_t state;
};

/// For violations.
std::string name_of(const Instance& instance);

/// Everything a TestHost knows. [any] functions take the mutex, the others run on the test's thread.
class World {
 public:
  explicit World(const TestHostOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void violation(const std::string& sentence);
  /// False with a violation when the current thread is in no call on that shard.
  bool expect_shard(std::string_view function, const FakeShard* shard);

  /// Runs what was posted before, and what is answered and queued until nothing is left to do. What is posted meanwhile
  /// is for the next turn, as in a broker. Whether there is something.
  bool turn();
  /// Turns until nothing is left to do; a function that posts itself again and again is not waited for.
  void settle();
  void advance(std::uint64_t ms);
  /// On threads of their own, all at once.
  void at_once(const std::function<void(std::uint32_t shard)>& function);

  /// A message to pass to a plugin; it is made unreadable by end_borrow().
  FakeMessage* lend(const Sample& sample, const char* call);
  void end_borrow(FakeMessage* message);
  FakeMessage* retain(FakeMessage* message);
  void release(FakeMessage* message);
  std::size_t retained_messages();
  Lent lent(const char* call) const { return {call, options.guarded}; }

  trellis_status publish(std::uint32_t name_space, const Sample& sample, const FakeConnection* from);
  std::uint32_t namespace_index(std::string_view name) const;

  // connections
  FakeConnection& add(std::unique_ptr<FakeConnection> made);
  FakeConnection* connect(Instance& instance, const ConnectOptions& options);
  void feed(FakeConnection& connection);
  void close(FakeConnection& connection, std::uint32_t reason);
  void authenticate(FakeConnection& connection, const trellis_credentials& credentials);
  void answer_authentication(FakeConnection& connection, const AuthOutcome& outcome);
  void dispatch(FakeConnection& connection, const trellis_request& request, void* request_user);

  // resources
  void make_resources();
  /// Those an instance declared.
  void forget_resources(const Instance& instance);
  /// Of an instance that stopped: calls it took have their answers by now.
  void expect_store_answers(const Instance& instance);

  // deliveries that plugins ask handlers for
  void tell(trellis_token token);
  void time_out_deliveries();

  // dialling
  FakeConnection* open_dialled(const std::map<std::string, std::string>& facts);
  void fail_dial(std::uint32_t reason, std::string_view why);
  /// Of an instance that stops.
  void end_dials(const Instance& instance);

  TestHostOptions options;
  std::recursive_mutex mutex;
  std::uint64_t now_ms = 1'000'000;
  std::int64_t wall_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  std::atomic<trellis_token> next_token{0x100000001};
  std::vector<std::unique_ptr<FakeShard>> shards;
  std::vector<std::unique_ptr<FakeMessage>> messages;
  std::vector<std::unique_ptr<FakeConnection>> connections;
  std::vector<std::unique_ptr<Instance>> instances;
  std::vector<LogLine> logs;
  std::vector<std::string> violations;
  std::vector<std::pair<std::string, std::string>> namespaces;  // name, this plugin's block
  std::vector<Published> published;
  std::map<std::string, MetricState> metrics;  // by name{labels}
  std::vector<std::string> metric_ids;         // handle - 1 -> key
  std::map<trellis_token, Question> questions;
  std::map<trellis_token, HandlerDelivery> deliveries;
  std::map<trellis_token, ResponseSample> responses;
  std::map<trellis_token, ResponseSample> late_responses;  // of other threads, until the next turn; guarded by mutex
  FakeExchanges exchanges;
  std::set<trellis_token> gone_clients;  // of requests; guarded by mutex
  StoreCalls store_calls;
  std::vector<FakeDial> dials;      // in order
  std::vector<FakeDomain> domains;  // guarded by mutex
  std::shared_ptr<FakeResources> resources;
  std::vector<Revoked> revoked;     // guarded by mutex
  std::uint64_t late_answers = 0;   // guarded by mutex
  std::uint64_t wrong_answers = 0;  // of those: to tokens that had an answer, or never were
  std::atomic<std::uint64_t> forgotten_decisions{0};
  Subscribers subscribers;
  bool refuse_offers = false;  // the store takes nothing
  std::vector<std::uint32_t> offered_durability;
  bool hold_kept = false;  // what waits for the store goes on waiting
  std::vector<HeldKept> held_kept;

  // what the test decides
  std::function<AuthOutcome(const Client&)> judge_client;
  std::function<void()> before_late_answer;
  std::function<bool(Action, std::string_view, std::string_view)> judge_access;
  std::function<Admission(std::string_view name, std::string_view client_id)> judge_admission;
  std::function<ResponseSample(const RequestSample&)> answer_request;
  std::function<Status(const Sample&)> judge_publication;
  std::map<std::string, std::optional<std::vector<std::string>>> texts;  // TXT records; nothing: no answer

 private:
  bool run_posts();
  bool take_late_responses();
  bool run_answers();
  bool answer_lookups();
  FakeDial take_dial();
  bool feed_all();
  bool finish_closing();
  bool fire_timers();
  void deny_overdue();
  void move(FakeConnection& connection);
};

const trellis_host_table* host_table();
inline HostHandle& handle_of(trellis_host* host) { return *reinterpret_cast<HostHandle*>(host); }
inline FakeShard& shard_of(trellis_shard* shard) { return *reinterpret_cast<FakeShard*>(shard); }
inline const FakeShard& shard_of(const trellis_shard* shard) { return *reinterpret_cast<const FakeShard*>(shard); }
inline trellis_shard* handle_of(FakeShard& shard) { return reinterpret_cast<trellis_shard*>(&shard); }
inline FakeConnection& connection_of(trellis_connection* c) { return *reinterpret_cast<FakeConnection*>(c); }
inline const FakeConnection& connection_of(const trellis_connection* c) {
  return *reinterpret_cast<const FakeConnection*>(c);
}
inline trellis_connection* handle_of(FakeConnection& c) { return reinterpret_cast<trellis_connection*>(&c); }

}  // namespace trellis::testing

// A kernel in miniature for tests of plugins: no sockets, no threads, time moved by hand.
#pragma once

#include <trellis/abi/domain.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/testing/facts.hpp>
#include <trellis/testing/instance.hpp>
#include <utility>
#include <vector>

namespace trellis::testing {

class World;
class ProtocolConnection;
struct ConnectOptions;

/// What a test may want of the kernel before anything is loaded.
struct TestHostOptions {
  std::uint32_t shards = 1;
  /// Answers of the kernel come inside the call that asked, instead of after it. The contract allows both.
  bool eager = false;
  /// How long an authenticator may keep a question.
  std::chrono::milliseconds auth_deadline{10'000};
  Level log_level = Level::trace;
  /// Ids of tables this kernel does not offer.
  std::vector<std::string> missing_tables = {};
  bool metrics_full = false;  // declare() answers 0
  bool shards_gone = false;   // post() answers false
  /// What plugins borrow lies on pages that cannot be read any more when the call is over: a plugin that kept a view
  /// crashes where it uses it. Costs some microseconds for each text.
  bool guarded = false;
  bool forgives = false;                  // a test that ends with violations it did not take ends, and nothing else
  Status publish_status = Status::unset;  // answered instead of publishing, unless unset
};

/// A message that went through the kernel.
struct Published {
  std::string name_space;
  Sample message;
};

/// A connection that a plugin wants made.
struct DialRequest {
  std::string host;
  std::uint32_t port = 0;
  bool secure = false;
  std::string layer;
  std::string alpn;
  std::chrono::milliseconds timeout{0};
  std::uint32_t shard = 0;
};

/// How a subscriber stands.
struct SubscriberFacts {
  bool exists = false;
  bool attached = false;
  std::size_t queued = 0;
  std::size_t leased = 0;
  std::uint32_t window = 0;
  std::vector<std::string> filters;
  std::string memo;
  std::uint32_t overflow = 0;  // TRELLIS_OVERFLOW_…
};

/// Loads plugins through the same C tables as the broker, and checks what they promise: functions called from the
/// wrong thread or state, questions without answer, messages never released are violations. A test that ends with a
/// violation it did not take() ends the process with the list.
class TestHost {
 public:
  TestHost() : TestHost(TestHostOptions{}) {}
  explicit TestHost(const TestHostOptions& options);
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;
  /// Ends every plugin as the broker would.
  ~TestHost();

  // --- loading

  /// Creates, configures and starts a plugin from its class; throws what it says when it refuses. The answer speaks
  /// to that kind of plugin: see drivers.hpp.
  template <class Class>
  auto load(std::string_view settings = "{}") {
    static const trellis_plugin entry = glue::entry<Class>();
    return typename DriverOf<Class::kKind>::type(load(entry, settings));
  }
  /// The same where the plugin is expected to refuse: the sentence it says, empty when it starts.
  template <class Class>
  std::string refusal(std::string_view settings) {
    static const trellis_plugin entry = glue::entry<Class>();
    return refusal(entry, settings);
  }
  /// From an entry, for plugins written in C and for those in a library.
  Instance& load(const trellis_plugin& entry, std::string_view settings = "{}");
  std::string refusal(const trellis_plugin& entry, std::string_view settings = "{}");

  // --- time

  /// Moves the clock; timers that become due fire in order.
  void advance(std::chrono::milliseconds time);
  std::chrono::milliseconds now() const;
  std::chrono::milliseconds wall() const;
  /// What was posted before is done, not what that posts. All else takes as many turns as it needs, 100 at most.
  void turn();
  /// Waits for a plugin's own threads: turns until done() or the real time is up. False when it was.
  bool wait(const std::function<bool()>& done, std::chrono::milliseconds real_time = std::chrono::seconds(5));

  // --- what plugins did

  std::vector<LogLine> logs() const;
  /// Whether a line contains that text, in its sentence or a field.
  bool logged(std::string_view text) const;
  std::int64_t metric(std::string_view name, std::string_view labels = {}) const;
  /// Messages plugins published, in order.
  const std::vector<Published>& published() const;
  std::uint64_t late_answers() const;
  /// Of those, the ones that are the plugin's fault: to a token that had its answer, or that never was.
  std::uint64_t wrong_answers() const;
  /// How often authorizers said that earlier answers no longer hold.
  std::uint64_t forgotten_decisions() const;
  /// Clients that plugins had cut off, in order.
  std::vector<Revoked> revoked() const;
  /// What plugins that were destroyed left with the host: messages never released, timers never cancelled. Sentences.
  std::vector<std::string> left_behind() const;
  /// Broken promises so far; taking them says that the test expects them.
  std::vector<std::string> take_violations();

  // --- resources, of types that plugins declared

  /// Creates or replaces one, as a caller would; what is wrong with it, or empty.
  std::string put_resource(std::string_view type, std::string_view name, std::string_view properties,
                           std::string_view name_space = "default");
  /// The same for several at once: "type/name" with properties.
  std::string put_resources(const std::vector<std::pair<std::string, std::string>>& resources,
                            std::string_view name_space = "default");
  std::string remove_resource(std::string_view type, std::string_view name, std::string_view name_space = "default");

  // --- the kernel around a plugin, as the test wants it

  /// Adds a namespace, or changes one, with the block it carries for the plugins. "default" is there.
  std::uint32_t name_space(std::string_view name, std::string_view plugin_block = {});
  /// Who may connect; everyone unless set, under the user name.
  void on_authenticate(std::function<AuthOutcome(const Client&)> judge);
  /// Something that happens while the next answer of an authenticator is on its way that did not come at once: after
  /// the authenticator made up its mind, and before the client has it.
  void before_late_answer(std::function<void()> happens);
  /// What clients may do: (action, client id, topic). Everything unless set.
  void on_authorize(std::function<bool(Action, std::string_view, std::string_view)> judge);
  /// Whether authorizers let a client in, by its authenticated name and client id. Everyone, without limits, unless
  /// set.
  void on_admit(std::function<Admission(std::string_view, std::string_view)> judge);
  /// The services behind a protocol; 404 unless set.
  void on_request(std::function<ResponseSample(const RequestSample&)> answer);
  /// The status of a publication; Status::unset goes on to the subscribers.
  void on_publish(std::function<Status(const Sample&)> judge);

  // --- subscribers

  /// Publishes from outside; the answer is Status::ok or Status::no_match.
  Status publish(const Sample& sample, std::string_view name_space = "default");
  /// Puts a message into one subscriber's queue by hand.
  void deliver(std::string_view subscriber, const Sample& sample, std::vector<std::uint32_t> identifiers = {},
               std::uint32_t flags = 0);
  SubscriberFacts subscriber(std::string_view name, std::string_view name_space = "default") const;
  /// Ends a subscriber as the kernel would; reason is TRELLIS_ENDED_….
  void end_subscriber(std::string_view name, std::uint32_t reason);
  /// The store takes nothing, or takes again: what is offered to queues is refused.
  void refuse_offers(bool refuse);
  /// The store is slow: whoever waits for it waits until release_kept().
  void hold_kept();
  /// It says what is given here to all who wait, and is fast again.
  void release_kept(Status status = Status::ok);
  /// TRELLIS_DURABILITY_… of what was offered to queues, and of what waits since hold_kept(), in order.
  const std::vector<std::uint32_t>& offered_durability() const;
  std::vector<std::uint32_t> awaited_durability() const;
  /// What protocols settled, in order.
  const std::vector<Settled>& settled() const;

  // --- connections from here to others

  /// What plugins dial and the test has not answered, in order.
  std::vector<DialRequest> dials() const;
  /// The oldest of them is open: the answer is the peer's end of it. facts: what its layers would know.
  ProtocolConnection answer_dial(const std::map<std::string, std::string>& facts = {});
  /// The oldest of them fails; reason is TRELLIS_DIAL_….
  void fail_dial(std::uint32_t reason, std::string_view why);
  /// The TXT records of a name, or no answer from the name servers. A name without them has none.
  void set_texts(std::string_view name, std::optional<std::vector<std::string>> texts);

  // --- domains

  /// A namespace claims that domain or has that host, or another one does from now on; the state is a
  /// trellis::DomainState's.
  void custom_domain(std::string_view name, std::string_view name_space = "default",
                     std::uint32_t state = TRELLIS_DOMAIN_PENDING);
  /// The configuration does not have it any more.
  void remove_domain(std::string_view name);
  /// Whether clients may ask for it.
  bool domain_known(std::string_view name) const;

  /// Runs function(shard) for all shards at the same time, each on a thread of its own, as the broker's shards do.
  /// Drivers may be used there, each thread its own; what plugins post, or answer later, is done afterwards.
  void at_once(const std::function<void(std::uint32_t shard)>& function);

  /// Runs function(shard) as if the kernel called the plugin there.
  void on_shard(Instance& instance, std::uint32_t index, const std::function<void(void* shard)>& function);

  /// For drivers and the SDK's own tests.
  World& world() const noexcept { return *world_; }

 private:
  void tell_of_lenders();

  std::unique_ptr<World> world_;
};

}  // namespace trellis::testing

#include <trellis/testing/drivers.hpp>
#include <trellis/testing/store_driver.hpp>

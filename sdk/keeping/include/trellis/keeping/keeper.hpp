// What one shard has a store keep, and what waits until it does.
#pragma once

#include <trellis/abi/store.h>

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <trellis/connections/connection.hpp>
#include <trellis/connections/output_gate.hpp>
#include <trellis/keeping/message.hpp>
#include <trellis/keeping/names.hpp>
#include <trellis/runtime/hooked_list.hpp>
#include <trellis/runtime/shard.hpp>
#include <vector>

namespace trellis::keeping {

struct KeeperMetrics {
  explicit KeeperMetrics(Metrics& metrics);
  MetricId writes;   // groups that a store took
  MetricId unkept;   // connections closed because what they were to be told could not be kept
  MetricId refused;  // messages refused because the store takes nothing at the time
};

/// One entry of a queue as a store gave it back.
struct KeptEntry {
  std::uint64_t number;
  MessagePtr message;  // null: it cannot be understood
  std::string extra;
  trellis_store_note note;
};

/// Something whose record is written when the group is, as it is by then.
class KeptRecord : public ListHook<KeptRecord> {
 public:
  virtual void write_record(std::string& key, std::string& value) const = 0;

 protected:
  ~KeptRecord() = default;
};

/// Where the bodies of a run of messages lie among what is asked for: each is there once, however many queues it comes
/// into. Lives as long as the run.
class KeptBodies {
 public:
  /// How well these are to be kept whatever else is said of their queues: TRELLIS_DURABILITY_…, VOLATILE not at all; 0:
  /// as their queues are.
  std::uint32_t level = 0;

 private:
  friend class Keeper;
  std::uint64_t batch_ = 0;
  boost::container::small_vector<std::uint32_t, 4> changes_;  // by place in the run; UINT32_MAX: none yet
};

/// Changes of one turn go to the store together, at the end of the turn, before other shards and clients hear of them.
/// While it takes none they wait, and with them whoever waits for them; all members are for the shard's thread.
///
/// A level is TRELLIS_DURABILITY_…; VOLATILE asks for nothing.
class Keeper final : private Deferred {
 public:
  Keeper(Shard& shard, const KeeperMetrics& metrics) noexcept : shard_(shard), metrics_(metrics), retry_(*this) {}
  ~Keeper();

  /// Null: nothing is kept from now on, and what was not answered never is.
  void set_store(const trellis_store* store, void* store_instance, void* store_shard) noexcept;
  bool has_store() const noexcept { return store_ != nullptr; }
  /// Whether the store takes nothing at the time, for any shard: who would have to be kept is refused. A client that is
  /// cut off here and goes on elsewhere must not be overwritten by what is still waiting here.
  bool refuses() noexcept;
  /// The same, but nobody is refused. [any]
  static bool anyone_behind() noexcept { return connections::stores_behind.load(std::memory_order_relaxed) != 0; }
  /// Whether something was asked for that the store has not taken: nothing of it may be handed on.
  bool behind() const noexcept { return behind_; }
  /// Whether what this shard asks for now would only wait: it is behind, or the store says that it is full or failing.
  bool would_wait() noexcept { return behind_ || store_is_full(); }
  /// Called once the store took what it had refused.
  void on_taken(std::function<void()> function) { taken_ = std::move(function); }

  void put(std::uint32_t level, std::string_view key, const Message& value);
  void put(std::uint32_t level, std::string_view key, std::string_view value);
  void put(std::uint32_t level, KeptRecord& record);
  void remove(std::uint32_t level, std::string_view key);
  /// place: of the message in its run.
  void append(std::uint32_t level, KeptBodies& bodies, std::size_t place, const Message& message, std::uint64_t queue,
              std::uint64_t number, std::string_view extra);
  /// alone: what else was asked for does not depend on it, so that it may come before.
  void settle(std::uint32_t level, std::uint64_t queue, std::uint64_t first, std::uint64_t last, bool alone = true);
  void note(std::uint32_t level, std::uint64_t queue, std::uint64_t number, const trellis_store_note& note);
  void mark(std::uint32_t level, std::uint64_t queue, std::uint32_t mark);
  void unmark(std::uint32_t level, std::uint64_t queue, std::uint32_t mark);
  void drop(std::uint32_t level, std::uint64_t queue);
  /// Called once what was asked for in this turn is kept at that level, or failed to be. AS_ASKED: at the strongest
  /// level that anything of it was asked for, which is at once where nothing was.
  using Then = std::function<void(bool kept)>;
  void then(std::uint32_t level, Then function);

  /// Stands for what has been asked for until now.
  using Mark = std::uint64_t;
  Mark mark() const noexcept { return asked_; }
  /// What the connection writes from here on does not leave before what was asked for since then is kept. Where that
  /// fails the connection is closed: nobody is told what is not so.
  void hold(Connection& connection, Mark since);
  /// The same for all that was asked for and is not answered: what another connection of its client waited for.
  void hold_behind_all(Connection& connection);
  /// How often what was asked for was not kept.
  std::uint32_t failures() const noexcept { return failures_; }

  /// Reads entries of a queue behind a number, as TRELLIS_STORE's read(); what was asked for before comes first. Tried
  /// again until the store can. The token is for forget().
  using Read = std::function<void(std::vector<KeptEntry>& entries)>;
  trellis_token read(std::uint64_t queue, std::uint64_t after, std::uint32_t entries, std::uint64_t bytes, Read answer);
  void forget(trellis_token token) { reads_.erase(token); }

  /// Asks the store now.
  void write();
  /// What it answered.
  void stored(trellis_token token, trellis_status status);
  void read_done(trellis_token token, trellis_status status, std::vector<KeptEntry> entries);

 private:
  struct Change {
    std::uint32_t kind;
    std::uint32_t mark = 0;
    std::uint64_t queue = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::size_t at = 0;  // of its key in bytes; the body follows
    std::size_t key = 0;
    std::size_t body = 0;
    std::uint32_t targets = 0;
    bool alone = false;
    trellis_store_note note{};
  };
  struct Target {
    std::uint32_t change;
    std::uint64_t queue;
    std::uint64_t number;
    std::size_t at;  // of its extra in bytes
    std::size_t extra;
  };
  /// Who waits for one group of changes.
  struct Waiting {
    OutputGates gates;
    std::vector<Then> then;
    bool nobody() const noexcept { return gates.empty() && then.empty(); }
  };
  struct Batch {
    std::uint64_t number = 0;  // 0: nothing was asked for yet
    std::string bytes;
    std::vector<Change> changes;
    std::vector<Target> targets;
    Waiting waiting[2];  // until it is written, until it is synced
  };
  struct Reading {
    std::uint64_t queue;
    std::uint64_t after;
    std::uint32_t entries;
    std::uint64_t bytes;
    Read answer;
    bool asked;
  };
  struct Retry final : Timer {
    explicit Retry(Keeper& owner) noexcept : Timer(&Keeper::on_retry), keeper(owner) {}
    Keeper& keeper;
  };
  static constexpr std::uint64_t kRetryMs = 50;

  /// False where nothing is kept.
  bool begin(std::uint32_t level);
  std::size_t place_of(std::uint32_t level) const noexcept;
  void then_as_asked(Then function);
  Change* change(std::uint32_t level, std::uint32_t kind);
  void add_text(Change& change, std::string_view key, std::string_view body);
  static void hold_behind(Connection& connection, std::uint64_t number, std::size_t level, Waiting& waiting);
  void make_room();
  void write_records();
  void start(Reading& reading, trellis_token token);
  void start_reads();
  void ask();
  trellis_status ask_store(std::uint32_t level);
  void ask_for_sync(Waiting& waiting);
  void let_down(Waiting waiting);
  void set_behind(bool behind) noexcept;
  bool store_is_full() noexcept;
  void tell_of_store() const;
  static void on_retry(Timer& timer);
  void run_deferred() override { write(); }

  Shard& shard_;
  const KeeperMetrics& metrics_;
  const trellis_store* store_ = nullptr;
  void* store_instance_ = nullptr;
  void* store_shard_ = nullptr;
  std::uint64_t last_number_ = 0;
  std::uint64_t asked_ = 0;               // counts what was asked for
  std::uint64_t asked_before_ = 0;        // what had been asked for when the batch was begun
  std::uint64_t last_asked_[2] = {0, 0};  // the last of each level
  std::uint32_t failures_ = 0;
  bool behind_ = false;             // the store did not take the batch: it is tried again
  bool full_ = false;               // or failing, as it said
  std::uint64_t looked_at_ms_ = 0;  // when it was asked that; 0: something was written since
  Batch batch_;
  HookedList<KeptRecord, KeptRecord> records_;
  std::map<trellis_token, Waiting> under_way_;
  std::map<trellis_token, Reading> reads_;
  trellis_token last_read_ = 0;
  bool reads_wait_ = false;  // for the call of this turn
  std::function<void()> taken_;
  // Their room is used again.
  std::vector<trellis_store_change> changes_;
  std::vector<trellis_store_target> targets_;
  std::vector<std::uint32_t> first_target_;
  Retry retry_;
};

}  // namespace trellis::keeping

// The durable engine: one append-only journal that many threads write to and one thread commits.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "buffers.hpp"
#include "changes.hpp"
#include "checkpoint.hpp"
#include "checkpoint_room.hpp"
#include "cut.hpp"
#include "disk.hpp"
#include "entry_reader.hpp"
#include "index.hpp"
#include "ledger.hpp"
#include "options.hpp"
#include "recovery.hpp"
#include "worker.hpp"

namespace journal {

/// Shards push encoded chunks; the committer takes all that wait, writes them in that order with as few calls as
/// possible, applies them to the index, which it alone touches, and answers. A second thread syncs, so that the next
/// group is written meanwhile; a third prepares segments, writes checkpoints and removes what is over; a fourth reads.
///
/// Nothing that a failed write or sync left on the medium is believed: from the last good sync on everything is
/// written again, to a new segment, from memory.
class Journal {
 public:
  Journal(Disk& disk, std::string folder, const Options& options, Listener& listener);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() { stop(); }

  /// The sentence of why it cannot, or empty. Then the threads run.
  std::string open();
  /// Commits and answers all that was taken, writes a checkpoint, ends.
  void stop();

  /// Room for a chunk of about that size. [any thread]
  std::string buffer(std::size_t size) { return buffers_.take(size); }
  enum class Taken { yes, unavailable, too_large };
  /// What a write comes to once there is no room: what adds is refused, what frees may use the reserve. Changes are of
  /// records alone and small: they get what is left of the last segment, since a session that comes back is what frees.
  enum class Growth : std::uint8_t { adds, changes, frees };
  /// [any thread]
  Taken write(std::uint32_t shard, std::uint64_t token, ChunkWriter&& chunk, Level level, Growth growth);
  Taken read(std::uint32_t shard, std::uint64_t token, std::uint64_t queue, std::uint64_t after, std::uint32_t entries,
             std::uint64_t bytes);
  Figures figures() const;
  /// What was found when it was opened.
  const Recovered& recovered() const noexcept { return recovered_; }

  /// Calls function(index) on this thread while nothing changes.
  void look(const std::function<void(const Index&)>& function);
  /// Every record with its value. False where one could not be read; the log has it.
  bool records(const std::function<void(std::string_view key, std::string_view value)>& function);
  /// Rewrites every segment with anything dead in it and frees what can be freed. The sentence of why it could not, or
  /// empty.
  std::string compact();
  /// What was taken before this call, as files to copy: fills `out` once all of it is on the medium. The sentence of
  /// why it could not, or empty. One at a time, and only between open() and stop().
  std::string cut(Cut& out);

 private:
  using Clock = std::chrono::steady_clock;

  struct Item {
    enum class Kind : std::uint8_t { write, read, call };
    Kind kind = Kind::call;
    Level level = Level::written;
    Growth growth = Growth::frees;
    bool failed = false;
    std::uint32_t shard = 0;
    std::uint64_t token = 0;
    std::string chunk;
    std::uint64_t sequence = 0;
    std::uint64_t era = 0;  // in which it was taken
    Place place;            // of the chunk
    std::uint64_t queue = 0;
    std::uint64_t after = 0;
    std::uint64_t bytes = 0;
    std::uint32_t entries = 0;
    std::function<void()> call;
  };
  /// A write that was not answered.
  struct Pending {
    std::uint64_t token;
    std::uint64_t sequence;
    Level level;
    bool failed;
  };
  /// A chunk in memory until it was synced.
  struct Unsynced {
    std::uint64_t sequence;
    Place place;
    std::string chunk;
  };
  /// A segment made ahead. One without a number is the reserve.
  struct Spare {
    std::uint32_t number = 0;
    std::shared_ptr<File> file;
    std::uint64_t capacity = 0;
  };

  // journal.cpp: the loop
  void push(Item item);
  void post(std::function<void()> call);
  void call(const std::function<void()>& function);
  void hold(const std::function<void()>& function);
  void run();
  void process(std::vector<Item>& items);
  void turn();
  Clock::time_point next_turn() const;
  void finish();
  void publish();

  // journal_write.cpp: chunks to segments
  std::string open_first_segment();
  std::string go_on_in_last();
  Errno bring_unproven();
  void commit(std::span<Item> items);
  void write_all(std::span<Item> items);
  bool flush(std::span<Item*> batch);
  void end_era(State state);
  bool take_spare(std::uint64_t bytes, Spare& next);
  bool roll(std::uint64_t chunk_bytes, Growth growth);
  Errno make_segment(std::uint32_t number, std::uint64_t bytes, Spare& made);
  Errno make_segment(std::uint32_t number, const std::string& name, std::uint64_t bytes, Spare& made);
  void applied(Item& item);
  void leave_out(Item& item);
  void answer_read(const Item& item);
  bool write_own(ChunkWriter&& chunk);

  // journal_cut.cpp: what a copy is made of
  void begin_cut(Cut& out, std::function<void(std::string why)> answer);
  void end_cut(const std::string& why);
  void look_at_cut();

  // journal_sync.cpp: the medium, answers, failures
  void release();
  bool want_sync() const;
  void begin_sync();
  void end_sync(Errno code, std::uint64_t through, Place place, std::uint64_t took_us);
  void fail_pending();
  void begin_failing(const std::string& what, Errno code);
  void retry();
  bool write_again();
  Errno room_to_write_again(Spare& made);
  Errno write_elsewhere(const Spare& made);
  void lies_elsewhere(std::uint32_t made, const std::vector<Place>& places);
  void back_off();

  // journal_place.cpp: written again where it lies
  Errno write_in_place();
  bool lies_in_a_row() const;
  Errno write_header_again(std::uint32_t number, File& file);
  Errno clear_torn();
  Errno remove_begun();

  // journal_reserve.cpp: room for what frees
  void open_reserve();
  void make_reserves();
  Errno make_reserve(Spare& made);
  bool take_reserve(std::uint64_t bytes, Spare& next);
  bool may_take(const Item& item, std::uint64_t at) const;
  bool may_move(std::uint64_t bytes) const;
  bool stuck() const;

  // journal_keep.cpp: room
  void want_spare();
  void end_spare(Errno code, Spare made, Spare reserve, std::uint64_t room, std::uint64_t free);
  void say_full(Errno code);
  std::uint64_t checkpoint_most() const;
  Room room_wanted() const;
  void retire_checkpoints();
  void measure(std::uint64_t free);
  std::string why_no_compaction() const;
  void begin_checkpoint();
  void send_checkpoint();
  void end_checkpoint(Errno code, std::uint64_t sequence, Place tail, std::uint64_t bytes, std::uint64_t most);
  void free_segments();
  bool anything_to_free() const;
  void remove_later(const std::string& name);

  // journal_rewrite.cpp: moving what lives out of segments that are mostly dead
  void refill_credit();
  bool may_rewrite() const;
  void rewrite_some();
  std::uint32_t pick_segment() const;
  bool rewrite_chunk();
  bool move_living(std::string_view payload, std::uint64_t at, ChunkWriter& out);

  Disk& disk_;
  const std::string folder_;
  const Options options_;
  Listener& listener_;

  Buffers buffers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool stopping_ = false;

  std::atomic<bool> accepting_ = false;
  std::atomic<State> state_ = State::good;
  std::atomic<bool> takes_changes_ = true;  // while it is full
  std::atomic<std::uint64_t> era_ = 0;      // a new one begins whenever a call that was taken is not kept
  std::atomic<std::uint64_t> waiting_bytes_ = 0;
  std::atomic<std::uint64_t> waiting_reads_ = 0;
  std::atomic<std::uint64_t> kept_bytes_ = 0;  // unsynced_bytes_, for those that write
  mutable std::mutex figures_mutex_;
  Figures figures_;

  // What follows belongs to the committer.
  Ledger ledger_;
  Index index_{ledger_};
  Recovered recovered_;
  std::uint64_t store_id_ = 0;

  std::uint32_t current_ = 0;  // the segment written to
  std::shared_ptr<File> file_;
  std::uint64_t end_ = 0;
  std::uint64_t capacity_ = 0;
  std::uint32_t next_number_ = 1;
  std::uint64_t next_sequence_ = 1;

  std::deque<std::deque<Pending>> pending_;  // by shard
  std::deque<Unsynced> unsynced_;
  std::uint64_t unsynced_bytes_ = 0;
  std::uint64_t torn_ = 0;            // bytes behind end_ that a failed write may have left
  std::vector<std::uint32_t> begun_;  // segments that do not count though a start may find a header in them
  Clock::time_point unsynced_since_;
  std::vector<std::shared_ptr<File>> dirty_;
  std::uint64_t synced_ = 0;
  Place synced_place_;             // where the journal goes on behind it
  std::uint64_t wanted_sync_ = 0;  // somebody waits for that sequence
  bool syncing_ = false;

  bool failing_ = false;
  bool no_space_ = false;  // no segment could be made
  bool low_ = false;       // the disk has less than is to be left
  std::chrono::milliseconds back_off_{0};
  Clock::time_point retry_at_;
  std::optional<Spare> spare_;
  std::optional<Spare> reserve_;  // for what frees, once no segment can be made
  bool in_reserve_ = false;       // the current segment was that
  bool making_spare_ = false;
  Clock::time_point measured_at_;

  std::deque<std::pair<std::uint64_t, Place>> checkpoints_;  // sequence and tail, the newest first
  std::optional<Checkpoint> checkpoint_;                     // waits for a sync
  std::uint64_t waiting_most_ = 0;                           // most_encoded() of that
  bool checkpointing_ = false;
  bool want_checkpoint_ = false;
  std::uint64_t since_checkpoint_ = 0;  // bytes
  std::uint64_t checkpoint_size_ = 0;
  std::uint64_t checkpoint_most_ = 0;  // most_encoded() of its index
  std::uint64_t checkpoint_room_ = 0;  // of the two files, each
  std::uint64_t checkpoint_failures_ = 0;
  Clock::time_point checkpoint_at_;

  std::uint64_t cut_through_ = 0;  // waits for that sequence to be on the medium
  std::function<void(std::string why)> cut_answer_;
  std::weak_ptr<File> cut_checkpoint_;

  std::uint32_t rewriting_ = 0;
  std::uint64_t rewriting_at_ = 0;
  Clock::time_point picked_at_;
  std::uint64_t rewritten_ = 0;    // bytes, all
  std::uint32_t rewrite_all_ = 0;  // below this number, whatever lives in them
  double share_credit_ = 0;
  double rate_credit_ = 0;
  std::uint64_t recent_bytes_ = 0;  // written since the credit was filled
  Clock::time_point refilled_at_;

  bool finishing_ = false;
  bool kept_ = true;  // keeper_ does not run
  State reported_ = State::failing;
  Clock::time_point used_at_;  // used_bytes was added up
  Counts counts_;
  std::thread committer_;
  Worker syncer_;
  Worker keeper_;
  Worker reader_;
};

}  // namespace journal

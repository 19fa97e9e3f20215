// The part of a subscriber that a store keeps: its record, its messages, and which of them lie in the store alone.
#pragma once

#include <cstdint>
#include <string>

#include "keep/keeper.hpp"
#include "queue/queue.hpp"

namespace trellis::kernel {

class Subscriber;

/// Messages have numbers of their own here, since not all that come into a queue are kept. Used on its shard's thread.
///
/// Messages that arrive for who is away, or too slow, are not held in memory: they are read again, in order, when there
/// is room. Those of shared subscriptions are, since somebody else may get them.
class KeptQueue final : public KeptRecord {
 public:
  KeptQueue(const Subscriber& subscriber, Keeper& keeper, std::uint32_t level, std::uint64_t queue,
            std::string_view opened_by)
      : owner(opened_by), subscriber_(subscriber), keeper_(keeper), queue_(queue), level_(level) {}
  ~KeptQueue() { keeper_.forget(reading_); }

  std::uint64_t queue() const noexcept { return queue_; }
  std::uint32_t level() const noexcept { return level_; }
  /// Its record is not as it was.
  void touch() {
    if (!left_) keeper_.put(level_, *this);
  }
  /// Keeps a message and answers its number. entry: what is to be known of it besides.
  std::uint64_t append(KeptBodies& bodies, std::size_t place, const Message& message, const QueueEntry& entry);
  /// What append() kept besides the message, and what was noted since. False: nobody understands it.
  static bool read(const KeptEntry& kept, QueueEntry& entry);
  void settle(std::uint64_t number) {
    if (number != 0 && !left_) keeper_.settle(level_, queue_, number, number);
  }
  /// Under which packet id it was sent, and whether it was received.
  void note(const QueueEntry& entry) {
    if (entry.number != 0 && !left_) keeper_.note(level_, queue_, entry.number, {{entry.tag, entry.message ? 0u : 1u}});
  }
  void mark(std::uint32_t mark) {
    if (!left_) keeper_.mark(level_, queue_, mark);
  }
  void unmark(std::uint32_t mark) {
    if (!left_) keeper_.unmark(level_, queue_, mark);
  }
  /// All of it goes.
  void end();
  /// The store keeps it from now on as it is.
  void leave() noexcept { left_ = true; }

  // ---- what lies in the store alone

  std::uint64_t unread() const noexcept { return unread_; }
  std::uint64_t unread_bytes() const noexcept { return unread_bytes_; }
  /// One more: the last that was appended.
  void count_unread(const Message& message) noexcept {
    ++unread_;
    unread_bytes_ += message.bytes();
  }
  void restore(std::uint64_t last, std::uint64_t unread, std::uint64_t bytes) noexcept {
    last_ = last;
    unread_ = unread;
    unread_bytes_ = bytes;
  }
  /// Entries from behind what was read until now; nothing while it is being read.
  void read_more(std::uint32_t entries, Keeper::Read answer);
  /// One that was read, or of all (null) that nothing is left to be read.
  void count_read(const KeptEntry* entry) noexcept;
  void reading_is_over() noexcept { reading_ = 0; }

  void write_record(std::string& key, std::string& value) const override;

  std::string owner;  // the plugin instance that opened it
  std::uint64_t expiry_ms = 0;
  std::int64_t away_since_ms = 0;
  std::uint32_t home = 0;
  bool read_all = false;   // what was given back may belong to shared subscriptions
  bool read_some = false;  // to make room
  bool judge = false;      // what is read may match nothing any more

 private:
  static constexpr std::uint64_t kReadBytes = 256 * 1024;

  const Subscriber& subscriber_;
  Keeper& keeper_;
  std::uint64_t queue_;
  std::uint32_t level_;
  bool left_ = false;
  std::uint64_t last_ = 0;        // number of the newest
  std::uint64_t read_until_ = 0;  // number of the last that is, or was, in memory
  std::uint64_t unread_ = 0;
  std::uint64_t unread_bytes_ = 0;
  trellis_token reading_ = 0;
};

}  // namespace trellis::kernel

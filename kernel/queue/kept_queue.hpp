// The part of a subscriber that a store keeps: its record, its messages, and which of them lie in the store alone.
#pragma once

#include <cstdint>
#include <string>
#include <trellis/keeping/keeper.hpp>

#include "names.hpp"
#include "queue/queue.hpp"

namespace trellis::kernel {

class Subscriber;

/// Messages have numbers of their own here, since not all that come into a queue are kept. Used on its shard's thread.
///
/// Messages that arrive for who is away, or too slow, are not held in memory: they are read again, in order, when there
/// is room. Who shares subscriptions has all in memory, since somebody else may get them.
class KeptQueue final : public KeptRecord {
 public:
  KeptQueue(const Subscriber& subscriber, Keeper& keeper, std::uint32_t level, std::uint64_t queue,
            std::string_view opened_by)
      : owner(opened_by), subscriber_(subscriber), keeper_(keeper), queue_(queue), level_(level) {}
  ~KeptQueue() {
    if (reading_ != 0) keeper_.forget(reading_);
  }

  std::uint64_t queue() const noexcept { return queue_; }
  /// [any]
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
  /// Its tag, whether it was received, and how often it was delivered.
  void note(const QueueEntry& entry) {
    if (entry.number == 0 || left_) return;
    const std::uint64_t received = entry.message ? 0 : kReceived;
    keeper_.note(level_, queue_, entry.number, {{entry.tag, received | std::uint64_t{entry.deliveries} << 8}});
  }
  static bool received(const trellis_store_note& note) noexcept { return (note.words[1] & kReceived) != 0; }
  void mark(std::uint32_t mark) {
    if (!left_) keeper_.mark(level_, queue_, mark);
  }
  void unmark(std::uint32_t mark) {
    if (!left_) keeper_.unmark(level_, queue_, mark);
  }
  /// All of it goes.
  void end();
  /// The store keeps it from now on as it is.
  void leave() noexcept;
  bool left() const noexcept { return left_; }

  // ---- what lies in the store alone

  std::uint64_t unread() const noexcept { return unread_; }
  std::uint64_t unread_bytes() const noexcept { return unread_bytes_; }
  /// One more: the last that was appended.
  void count_unread(const Message& message) noexcept {
    if (unread_++ == 0) read_until_ = last_ - 1;  // those before are in memory, or over
    unread_bytes_ += message.bytes();
  }
  void forget_unread() noexcept { unread_ = unread_bytes_ = 0; }
  void restore(std::uint64_t last, std::uint64_t unread, std::uint64_t bytes) noexcept {
    last_ = last;
    unread_ = unread;
    unread_bytes_ = bytes;
  }
  /// Entries from behind what was read until now; nothing while it is being read.
  void read_more(std::uint32_t entries, Keeper::Read answer);
  /// One that was read.
  void count_read(const KeptEntry& entry) noexcept;
  /// The store has none of those that were to be read when it was asked. Answers how many that were.
  std::uint64_t miss_unread() noexcept;
  void reading_is_over() noexcept { reading_ = 0; }

  void write_record(std::string& key, std::string& value) const override;

  std::string owner;  // the plugin instance that opened it
  std::uint64_t expiry_ms = 0;
  std::int64_t away_since_ms = 0;
  std::uint32_t home = 0;
  bool in_memory = false;  // it shares subscriptions: another may get what it has
  bool exact = false;      // packet ids of all that is sent are noted, so that those of QoS 2 stay free
  bool read_all = false;   // all that lies in the store alone is to be in memory
  bool read_some = false;  // to make room
  bool judge = false;      // what is read may match nothing any more

 private:
  static constexpr std::uint64_t kReadBytes = 256 * 1024;
  static constexpr std::uint64_t kReceived = 1;

  const Subscriber& subscriber_;
  Keeper& keeper_;
  std::uint64_t queue_;
  const std::uint32_t level_;
  bool left_ = false;
  std::uint64_t last_ = 0;        // number of the newest
  std::uint64_t read_until_ = 0;  // number of the last that is, or was, in memory
  std::uint64_t unread_ = 0;
  std::uint64_t unread_bytes_ = 0;
  std::uint64_t asked_unread_ = 0;  // when it was asked to read
  trellis_token reading_ = 0;
};

}  // namespace trellis::kernel

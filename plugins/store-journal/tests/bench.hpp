// A journal on a fake disk with one who asks it, and the contract kept in memory to compare with.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "engine/journal.hpp"
#include "fake_disk.hpp"
#include "store_memory.hpp"

namespace journal::testing {

using Change = trellis::testing::Change;
using trellis::testing::StoredEntry;
using trellis::testing::StoredQueue;

/// Everything a store holds.
struct Contents {
  std::map<std::uint64_t, StoredQueue> queues;
  std::map<std::uint64_t, std::vector<StoredEntry>> entries;
  std::map<std::string, std::string> records;
  bool operator==(const Contents&) const = default;
};

inline ChunkWriter encode_changes(const std::vector<Change>& changes) {
  ChunkWriter out;
  for (const Change& change : changes) {
    switch (change.kind) {
      case trellis::ChangeKind::append:
        out.begin_entry(Kind::append, change.body, change.targets.size());
        for (const auto& target : change.targets) out.target({target.queue, target.number, target.extra});
        break;
      case trellis::ChangeKind::settle:
        out.settle(change.queue, change.first, change.last);
        break;
      case trellis::ChangeKind::note:
        out.note(change.queue, change.first, {{change.note.words[0], change.note.words[1]}});
        break;
      case trellis::ChangeKind::mark:
        out.mark(Kind::mark, change.queue, change.mark);
        break;
      case trellis::ChangeKind::unmark:
        out.mark(Kind::unmark, change.queue, change.mark);
        break;
      case trellis::ChangeKind::drop:
        out.drop(change.queue);
        break;
      case trellis::ChangeKind::put:
        out.record(Kind::put, change.key, change.body);
        break;
      case trellis::ChangeKind::remove:
        out.remove(change.key);
        break;
    }
  }
  return out;
}

inline bool all_free(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    const auto kind = change.kind;
    if (kind != trellis::ChangeKind::settle && kind != trellis::ChangeKind::unmark &&
        kind != trellis::ChangeKind::drop && kind != trellis::ChangeKind::remove) {
      return false;
    }
  }
  return true;
}

/// Small files and short waits, so that little is needed for much to happen.
inline Options small_options() {
  Options out;
  out.segment_bytes = 8192;
  out.checkpoint_bytes = 16384;
  out.sync_bytes = 4096;
  out.sync_interval = std::chrono::milliseconds(5);
  out.rewrite_bytes = 1 << 20;
  out.reclaim_interval = std::chrono::milliseconds(2);
  out.retry_least = std::chrono::milliseconds(1);
  out.retry_most = std::chrono::milliseconds(4);
  return out;
}

class Asker final : public Listener {
 public:
  explicit Asker(Disk& disk, const Options& options = small_options())
      : journal_(std::make_unique<Journal>(disk, "store", options, *this)) {}
  ~Asker() override { journal_->stop(); }

  std::string open() { return journal_->open(); }
  void stop() { journal_->stop(); }
  Journal& journal() { return *journal_; }

  /// 0 where it was refused.
  std::uint64_t write(const std::vector<Change>& changes, Level level = Level::written, std::uint32_t shard = 0,
                      Journal::Growth growth = Journal::Growth::adds) {
    const std::uint64_t token = next_token_++;
    const auto taken = journal_->write(shard, token, encode_changes(changes), level,
                                       all_free(changes) ? Journal::Growth::frees : growth);
    return taken == Journal::Taken::yes ? token : 0;
  }
  /// 1 good, -1 not, 0 no answer in time or refused.
  int wait(std::uint64_t token) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(10), [&] { return token == 0 || answers_.contains(token); });
    const auto found = answers_.find(token);
    return found == answers_.end() ? 0 : found->second ? 1 : -1;
  }
  int put(const std::vector<Change>& changes, Level level = Level::written) { return wait(write(changes, level)); }
  bool answered(std::uint64_t token) {
    const std::lock_guard lock(mutex_);
    return answers_.contains(token);
  }
  bool good(std::uint64_t token) {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(token);
    return found != answers_.end() && found->second;
  }

  std::vector<StoredEntry> get(std::uint64_t queue, std::uint64_t after = 0, std::uint32_t most = UINT32_MAX,
                               std::uint64_t bytes = UINT64_MAX) {
    const std::uint64_t token = next_token_++;
    if (journal_->read(0, token, queue, after, most, bytes) != Journal::Taken::yes) return {{0, "refused"}};
    wait(token);
    const std::lock_guard lock(mutex_);
    return good_reads_.contains(token) ? good_reads_[token] : std::vector<StoredEntry>{{0, "failed"}};
  }

  Contents contents() {
    Contents out;
    journal_->look([&](const Index& index) {
      for (const auto& [number, queue] : index.queues()) {
        out.queues[number] = {queue.entries.first(), queue.entries.last(), queue.entries.live(), queue.bytes,
                              queue.marks};
      }
    });
    journal_->records([&](std::string_view key, std::string_view value) { out.records.emplace(key, value); });
    for (const auto& [number, queue] : out.queues) out.entries[number] = get(number);
    return out;
  }
  std::vector<std::string> logged() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  bool logged(std::string_view part) {
    for (const std::string& line : logged()) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }
  Counts counts() {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  bool out_of_order() {
    const std::lock_guard lock(mutex_);
    return out_of_order_;
  }
  /// Until it holds, or for so long.
  template <class Function>
  bool until(Function holds, std::chrono::seconds most = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  void stored(std::uint32_t shard, std::uint64_t token, bool good) override {
    const std::lock_guard lock(mutex_);
    answers_[token] = good;
    out_of_order_ = out_of_order_ || token <= last_[shard];
    last_[shard] = token;
    wake_.notify_all();
  }
  void entries(std::uint32_t, std::uint64_t token, bool good, std::span<const ReadEntry> found) override {
    const std::lock_guard lock(mutex_);
    answers_[token] = good;
    if (good) {
      auto& out = good_reads_[token];
      for (const ReadEntry& entry : found) {
        out.push_back({entry.number,
                       std::string(entry.body),
                       std::string(entry.extra),
                       {entry.note.words[0], entry.note.words[1]}});
      }
    }
    wake_.notify_all();
  }
  void log(Severity, const std::string& sentence) override {
    const std::lock_guard lock(mutex_);
    log_.push_back(sentence);
  }
  void counted(const Counts& more, const Figures&) override {
    const std::lock_guard lock(mutex_);
    counts_.bytes += more.bytes;
    counts_.syncs += more.syncs;
    counts_.checkpoints += more.checkpoints;
    counts_.rewritten_bytes += more.rewritten_bytes;
    counts_.failures += more.failures;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::uint64_t, bool> answers_;
  std::map<std::uint64_t, std::vector<StoredEntry>> good_reads_;
  std::map<std::uint32_t, std::uint64_t> last_;
  std::vector<std::string> log_;
  Counts counts_;
  bool out_of_order_ = false;
  std::uint64_t next_token_ = 1;
  std::unique_ptr<Journal> journal_;
};

/// What store-memory makes of the same changes.
class Model {
 public:
  Model() : store_(host_.load<store_memory::StoreMemory>()) {}
  void put(const std::vector<Change>& changes) { store_.write(changes); }
  Contents contents() {
    const auto kept = store_.restore();
    Contents out{kept.queues, {}, kept.records};
    for (const auto& [number, queue] : out.queues) out.entries[number] = store_.get(number, 0, UINT32_MAX);
    return out;
  }

 private:
  trellis::testing::TestHost host_;
  trellis::testing::StoreDriver store_;
};

/// Calls as a broker might make them, at random.
class Calls {
 public:
  explicit Calls(std::uint32_t seed) : random_(seed) {}
  std::vector<Change> next() {
    std::vector<Change> out;
    // Tells after a crash how many calls are there.
    out.push_back(Change::put("calls", std::to_string(++count_)));
    for (std::uint32_t i = 0, n = 1 + below(4); i < n; ++i) out.push_back(one());
    return out;
  }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  /// So many were kept of those before.
  void count_from(std::uint64_t count) { count_ = count; }

 private:
  Change one() {
    const std::uint64_t queue = 1 + below(6);
    const std::uint64_t newest = numbers_[queue];
    switch (below(16)) {
      case 0:
        return Change::noted(queue, newest > 0 ? 1 + below(static_cast<std::uint32_t>(newest)) : 1, below(100),
                             below(9));
      case 1:
        return Change::marked(queue, below(5));
      case 2:
        return Change::unmarked(queue, below(5));
      case 3:
        return below(4) == 0 ? Change::drop(queue) : Change::settle(queue, 1, newest + 1);
      case 4:
      case 5:
        return Change::put("key " + std::to_string(below(12)), text(below(300)));
      case 6:
        return Change::remove("key " + std::to_string(below(12)));
      case 7:
      case 8:
      case 9:
      case 10: {
        const std::uint64_t first = newest > 8 ? newest - below(8) : 1;
        return Change::settle(queue, first, first + below(6));
      }
      default:
        return append();
    }
  }
  Change append() {
    std::vector<Change::Target> targets;
    const std::uint32_t fan_out = below(4) == 0 ? 1 + below(5) : 1;
    for (std::uint32_t i = 0; i < fan_out; ++i) {
      const std::uint64_t queue = 1 + below(6);
      numbers_[queue] += 1 + (below(8) == 0 ? below(1000) : 0);
      targets.push_back({queue, numbers_[queue], text(below(10) == 0 ? below(600) : below(20))});
    }
    return Change::append(std::move(targets), text(below(20) == 0 ? below(6000) : below(400)));
  }
  std::string text(std::uint32_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>('a' + below(26));
    return out;
  }

  std::mt19937 random_;
  std::uint64_t count_ = 0;
  std::map<std::uint64_t, std::uint64_t> numbers_;
};

}  // namespace journal::testing

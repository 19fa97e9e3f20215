// The loop of the committer, and what others call.
#include "journal.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace journal {
namespace {
constexpr std::uint64_t kMostReads = 4096;
constexpr std::size_t kMostItems = 512;  // of one group
constexpr std::uint64_t kMostGroup = std::uint64_t{8} << 20;

std::uint64_t random_id() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}
}  // namespace

Journal::Journal(Disk& disk, std::string folder, const Options& options, Listener& listener)
    : disk_(disk), folder_(std::move(folder)), options_(options), listener_(listener) {}

std::string Journal::open() {
  if (std::string why = recover(disk_, folder_, ledger_, index_, recovered_); !why.empty()) return why;
  for (const std::string& sentence : recovered_.reports) listener_.log(Severity::warn, sentence);
  store_id_ = recovered_.store_id;
  if (recovered_.fresh) {
    store_id_ = random_id();
    const Checkpoint first{store_id_, 1, {1, 0}, index_.encode()};
    const Errno code = write_checkpoint(disk_, first, encode(first));
    if (code != 0) return folder_ + ": cannot write the first checkpoint: " + errno_text(code);
    checkpoints_.emplace_front(1, Place{1, 0});
  }
  for (std::size_t i = 0; i < recovered_.checkpoints.size(); ++i) {
    checkpoints_.emplace_back(recovered_.checkpoints[i], recovered_.tails[i]);
  }
  checkpoint_size_ = recovered_.checkpoint_bytes;
  checkpoint_most_ = recovered_.checkpoint_most;
  open_reserve();
  if (std::string why = open_first_segment(); !why.empty()) return why;
  retire_checkpoints();
  make_reserves();
  checkpoint_at_ = measured_at_ = refilled_at_ = Clock::now();
  syncer_.start();
  keeper_.start();
  kept_ = false;
  reader_.start();
  publish();
  accepting_ = true;
  committer_ = std::thread([this] { run(); });
  return {};
}

void Journal::stop() {
  if (!committer_.joinable()) return;
  accepting_ = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  committer_.join();
}

Journal::Taken Journal::write(std::uint32_t shard, std::uint64_t token, ChunkWriter&& chunk, Level level,
                              Growth growth) {
  const std::uint64_t size = chunk.size();
  if (size > kMostChunk - 64) return Taken::too_large;
  const std::uint64_t era = era_.load();  // before the state: who sees the new one sees that as well
  const State state = state_.load();
  const bool fits = growth == Growth::frees || (growth == Growth::changes && takes_changes_);
  if (!accepting_ || state == State::failing || (state == State::full && !fits)) return Taken::unavailable;
  const std::uint64_t waiting = waiting_bytes_.load(std::memory_order_relaxed);
  if (waiting > 0 && waiting + size > options_.waiting_bytes) return Taken::unavailable;
  // A disk that writes and does not sync: what is kept to be written again has its bound as well.
  if (kept_bytes_.load(std::memory_order_relaxed) > 8 * options_.sync_bytes + options_.waiting_bytes) {
    return Taken::unavailable;
  }
  Item item;
  item.kind = Item::Kind::write;
  item.level = level;
  item.growth = growth;
  item.era = era;
  item.shard = shard;
  item.token = token;
  item.chunk = std::move(chunk).seal();
  waiting_bytes_.fetch_add(item.chunk.size(), std::memory_order_relaxed);
  push(std::move(item));
  return Taken::yes;
}

Journal::Taken Journal::read(std::uint32_t shard, std::uint64_t token, std::uint64_t queue, std::uint64_t after,
                             std::uint32_t entries, std::uint64_t bytes) {
  if (!accepting_) return Taken::unavailable;
  if (waiting_reads_.fetch_add(1) >= kMostReads) {
    waiting_reads_.fetch_sub(1);
    return Taken::unavailable;
  }
  Item item;
  item.kind = Item::Kind::read;
  item.shard = shard;
  item.token = token;
  item.queue = queue;
  item.after = after;
  item.entries = entries;
  item.bytes = bytes;
  push(std::move(item));
  return Taken::yes;
}

void Journal::push(Item item) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = queue_.empty();
    queue_.push_back(std::move(item));
  }
  if (first) wake_.notify_one();
}

void Journal::post(std::function<void()> function) {
  Item item;
  item.call = std::move(function);
  push(std::move(item));
}

void Journal::call(const std::function<void()>& function) {
  std::mutex mutex;
  std::condition_variable done;
  bool called = false;
  post([&] {
    function();
    const std::lock_guard lock(mutex);
    called = true;
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return called; });
}

Figures Journal::figures() const {
  const std::lock_guard lock(figures_mutex_);
  Figures out = figures_;
  out.waiting_bytes = waiting_bytes_.load(std::memory_order_relaxed);
  out.state = state_.load(std::memory_order_relaxed);  // known before the next figures are
  return out;
}

// --- the committer

void Journal::run() {
  std::vector<Item> items;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (queue_.empty() && !stopping_) wake_.wait_until(lock, next_turn());
      items.swap(queue_);
      if (items.empty() && stopping_) break;
    }
    process(items);
    items.clear();
    turn();
  }
  finish();
}

void Journal::process(std::vector<Item>& items) {
  std::size_t begin = 0;
  while (begin < items.size()) {
    if (items[begin].kind == Item::Kind::call) {
      items[begin].call();
      ++begin;
      continue;
    }
    std::size_t end = begin;
    std::uint64_t bytes = 0;
    while (end < items.size() && items[end].kind != Item::Kind::call && end - begin < kMostItems &&
           bytes < kMostGroup) {
      bytes += items[end].chunk.size();
      ++end;
    }
    commit(std::span(items).subspan(begin, end - begin));
    release();
    if (want_sync()) begin_sync();
    begin = end;
  }
}

void Journal::turn() {
  release();
  look_at_cut();
  if (failing_ && Clock::now() >= retry_at_) retry();
  if (unsynced_.empty() && Clock::now() > unsynced_since_ + std::chrono::seconds(2)) buffers_.clear();
  want_spare();
  rewrite_some();
  begin_checkpoint();
  if (want_sync()) begin_sync();
  send_checkpoint();
  publish();
}

Journal::Clock::time_point Journal::next_turn() const {
  const auto now = Clock::now();
  auto next = now + std::chrono::seconds(1);
  // What the syncer and the keeper answer wakes by itself.
  if (failing_ && !syncing_) next = std::min(next, retry_at_);
  if (!failing_ && (no_space_ || low_) && !making_spare_) next = std::min(next, retry_at_);
  if (!unsynced_.empty() && !syncing_ && !failing_) next = std::min(next, unsynced_since_ + options_.sync_interval);
  if (may_rewrite()) next = now;
  if (rewriting_ != 0) next = std::min(next, now + std::chrono::milliseconds(20));
  return next;
}

void Journal::publish() {
  Figures now;
  now.state = failing_ || stuck() ? State::failing : no_space_ || low_ ? State::full : State::good;
  now.queues = index_.queues().size();
  now.entries = index_.entries();
  now.records = index_.records().size();
  now.segments = ledger_.all().size();
  now.live_bytes = ledger_.live_bytes();
  now.waiting_bytes = waiting_bytes_;
  state_ = now.state;
  kept_bytes_ = unsynced_bytes_;
  const std::lock_guard lock(figures_mutex_);
  now.used_bytes = figures_.used_bytes;
  if (const auto at = Clock::now(); at >= used_at_ + std::chrono::milliseconds(50) || finishing_) {
    used_at_ = at;
    now.used_bytes = 0;
    for (const auto& [number, segment] : ledger_.all()) {
      now.used_bytes += number == current_ ? capacity_ : segment.length;
    }
  }
  now.free_bytes = figures_.free_bytes;
  figures_ = now;
  if (counts_.bytes + counts_.syncs + counts_.checkpoints + counts_.failures == 0 && now.state == reported_) return;
  reported_ = now.state;
  listener_.counted(std::exchange(counts_, {}), now);
}

void Journal::finish() {
  std::vector<Item> items;
  const auto drain = [&] {
    {
      const std::lock_guard lock(mutex_);
      items.swap(queue_);
    }
    process(items);
    items.clear();
  };
  // What was taken while it stopped, and what the other threads still report.
  finishing_ = true;
  drain();
  syncer_.stop();
  drain();
  syncing_ = false;
  // A sync that fails here has its consequences as any other, and a few tries to get over them.
  for (int tries = 0; tries < 3 && (failing_ || !dirty_.empty()); ++tries) {
    if (failing_) retry();
    if (failing_ || dirty_.empty()) continue;
    Errno code = 0;
    for (const auto& file : std::exchange(dirty_, {})) code = code != 0 ? code : file->sync();
    end_sync(code, next_sequence_ - 1, {current_, static_cast<std::uint32_t>(end_)}, 0);
  }
  keeper_.stop();
  kept_ = true;
  drain();
  look_at_cut();
  end_cut(folder_ + ": the store stops");
  if (failing_) {
    fail_pending();
  } else if (checkpoints_.front().first < next_sequence_) {
    const Checkpoint last{store_id_, next_sequence_, {current_, static_cast<std::uint32_t>(end_)}, index_.encode()};
    const std::string bytes = encode(last);
    end_checkpoint(write_checkpoint(disk_, last, bytes), last.sequence, last.tail, bytes.size(), 0);
  }
  release();
  reader_.stop();
  // Some of what was prepared stays: a start on a full disk goes on in it.
  if (!failing_) file_->truncate(std::min(capacity_, end_ + aligned(options_.segment_bytes / 8)));
  if (spare_) disk_.remove(segment_name(spare_->number));
  publish();
}

}  // namespace journal

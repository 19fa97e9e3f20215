// Stores: they keep queues of messages and records beyond the process.
#pragma once

#include <trellis/abi/store.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <utility>

namespace trellis {

/// What has to go wrong before something is lost; a higher one keeps more.
enum class Durability : std::uint32_t {
  in_memory = TRELLIS_DURABILITY_VOLATILE,  // the process ends
  written = TRELLIS_DURABILITY_WRITTEN,     // the machine loses power
  synced = TRELLIS_DURABILITY_SYNCED,       // the medium breaks
};

enum class StoreState : std::uint32_t {
  good = TRELLIS_STORE_STATE_GOOD,
  full = TRELLIS_STORE_STATE_FULL,
  failing = TRELLIS_STORE_STATE_FAILING,
};

enum class ChangeKind : std::uint32_t {
  append = TRELLIS_STORE_APPEND,
  settle = TRELLIS_STORE_SETTLE,
  note = TRELLIS_STORE_NOTE,
  mark = TRELLIS_STORE_MARK,
  unmark = TRELLIS_STORE_UNMARK,
  drop = TRELLIS_STORE_DROP,
  put = TRELLIS_STORE_PUT,
  remove = TRELLIS_STORE_REMOVE,
};

/// One change as its kind means it; what belongs to another kind is not to be read. Valid for the call.
class StoreChange {
 public:
  explicit StoreChange(const trellis_store_change& from) noexcept : from_(&from) {}

  ChangeKind kind() const noexcept { return static_cast<ChangeKind>(from_->kind); }
  /// Of everything but append, put and remove.
  std::uint64_t queue() const noexcept { return from_->queue; }
  /// Of settle and note: the entry, or the first of them.
  std::uint64_t first() const noexcept { return from_->first; }
  /// Of settle: the last entry.
  std::uint64_t last() const noexcept { return from_->last; }
  /// Of mark and unmark.
  std::uint32_t mark() const noexcept { return from_->mark; }
  /// Of note.
  const trellis_store_note& note() const noexcept { return from_->note; }
  /// Of append; and of put, the value.
  std::string_view body() const noexcept { return text(from_->body); }
  /// Of put and remove.
  std::string_view key() const noexcept { return text(from_->key); }
  /// Of append.
  std::span<const trellis_store_target> targets() const noexcept { return {from_->targets, from_->target_count}; }

  /// Whether it makes room, so that a store without any takes it.
  bool frees() const noexcept {
    const ChangeKind is = kind();
    return is == ChangeKind::settle || is == ChangeKind::unmark || is == ChangeKind::drop || is == ChangeKind::remove;
  }
  /// What the contract says about every change: known kind, numbers that are not 0, sizes within their limits.
  Status fault() const noexcept {
    switch (kind()) {
      case ChangeKind::append:
        return append_fault();
      case ChangeKind::settle:
      case ChangeKind::note:
        return queue() == 0 || first() == 0 ? Status::invalid : Status::ok;
      case ChangeKind::mark:
      case ChangeKind::unmark:
      case ChangeKind::drop:
        return queue() == 0 ? Status::invalid : Status::ok;
      case ChangeKind::put:
        if (from_->body.size > TRELLIS_STORE_MOST_BODY) return Status::too_large;
        [[fallthrough]];
      case ChangeKind::remove:
        if (from_->key.size == 0) return Status::invalid;
        return from_->key.size > TRELLIS_STORE_MOST_KEY ? Status::too_large : Status::ok;
    }
    return Status::invalid;
  }

 private:
  Status append_fault() const noexcept {
    if (from_->target_count == 0 || from_->targets == nullptr) return Status::invalid;
    if (from_->body.size > TRELLIS_STORE_MOST_BODY) return Status::too_large;
    for (const trellis_store_target& target : targets()) {
      if (target.queue == 0 || target.number == 0) return Status::invalid;
      if (target.extra.size > TRELLIS_STORE_MOST_EXTRA) return Status::too_large;
    }
    return Status::ok;
  }

  const trellis_store_change* from_;
};

/// The changes of one call, in order.
class StoreChanges {
 public:
  class Iterator {
   public:
    using value_type = StoreChange;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const trellis_store_change* at) noexcept : at_(at) {}
    StoreChange operator*() const noexcept { return StoreChange(*at_); }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    Iterator operator++(int) noexcept { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    const trellis_store_change* at_ = nullptr;
  };

  explicit StoreChanges(std::span<const trellis_store_change> changes) noexcept : changes_(changes) {}
  Iterator begin() const noexcept { return Iterator(changes_.data()); }
  Iterator end() const noexcept { return Iterator(changes_.data() + changes_.size()); }
  std::size_t size() const noexcept { return changes_.size(); }

  /// The first fault of any.
  Status fault() const noexcept {
    for (const StoreChange change : *this) {
      if (const Status status = change.fault(); status != Status::ok) return status;
    }
    return Status::ok;
  }
  bool all_free() const noexcept {
    for (const StoreChange change : *this) {
      if (!change.frees()) return false;
    }
    return true;
  }

 private:
  std::span<const trellis_store_change> changes_;
};

/// The one answer to one call, from any thread. Move-only: what takes the call moves it away, and answers once. Let go
/// without an answer it says that nobody knows.
class StoreReply {
 public:
  StoreReply() = default;
  StoreReply(const Host& host, const trellis_host_store* table, std::uint32_t shard, trellis_token token) noexcept
      : host_(host.handle()), table_(table), token_(token), shard_(shard), open_(true) {}
  StoreReply(StoreReply&& other) noexcept
      : host_(other.host_),
        table_(other.table_),
        token_(other.token_),
        shard_(other.shard_),
        open_(std::exchange(other.open_, false)) {}
  StoreReply& operator=(StoreReply&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(table_, other.table_);
    std::swap(token_, other.token_);
    std::swap(shard_, other.shard_);
    std::swap(open_, other.open_);
    return *this;
  }

  std::uint32_t shard() const noexcept { return shard_; }
  /// Names the call, for a store that keeps tokens and makes the reply again from one.
  trellis_token token() const noexcept { return token_; }
  /// Not answered and not moved away.
  explicit operator bool() const noexcept { return open_; }
  /// No answer through it: the call itself was the answer.
  void drop() noexcept { open_ = false; }

 protected:
  ~StoreReply() = default;
  /// The table to answer through, once.
  const trellis_host_store* take() noexcept { return std::exchange(open_, false) ? table_ : nullptr; }
  trellis_host* host() const noexcept { return host_; }

 private:
  trellis_host* host_ = nullptr;
  const trellis_host_store* table_ = nullptr;
  trellis_token token_ = 0;
  std::uint32_t shard_ = 0;
  bool open_ = false;
};

/// The answer to write(). Those of one shard are given in the order of its calls.
class WriteReply : public StoreReply {
 public:
  using StoreReply::StoreReply;
  WriteReply(WriteReply&&) noexcept = default;
  WriteReply& operator=(WriteReply&&) noexcept = default;
  ~WriteReply() { answer(Status::internal); }
  /// Status::ok: at the level asked for; Status::internal: nobody can say.
  void answer(Status status) noexcept {
    if (const auto* table = take()) table->stored(host(), shard(), token(), static_cast<trellis_status>(status));
  }
};

/// The answer to read().
class ReadReply : public StoreReply {
 public:
  using StoreReply::StoreReply;
  ReadReply(ReadReply&&) noexcept = default;
  ReadReply& operator=(ReadReply&&) noexcept = default;
  ~ReadReply() { failed(); }
  void answer(std::span<const trellis_store_entry> entries) noexcept {
    if (const auto* table = take()) {
      table->entries(host(), shard(), token(), TRELLIS_OK, entries.data(), static_cast<std::uint32_t>(entries.size()));
    }
  }
  /// They could not be read.
  void failed() noexcept {
    if (const auto* table = take()) table->entries(host(), shard(), token(), TRELLIS_INTERNAL, nullptr, 0);
  }
};

/// Which entries are asked for.
struct ReadRequest {
  std::uint64_t queue = 0;
  std::uint64_t after = 0;
  std::uint32_t entries = 0;
  std::uint64_t bytes = 0;
};

/// Who takes what a store holds.
class RestoreSink {
 public:
  RestoreSink(void* user, void (*queue_sink)(void*, const trellis_store_queue*),
              void (*record_sink)(void*, const trellis_store_record*)) noexcept
      : user_(user), queue_(queue_sink), record_(record_sink) {}
  void queue(const trellis_store_queue& facts) const { queue_(user_, &facts); }
  void record(std::string_view key, std::string_view value) const {
    const trellis_store_record facts{view(key), view(value)};
    record_(user_, &facts);
  }

 private:
  void* user_;
  void (*queue_)(void*, const trellis_store_queue*);
  void (*record_)(void*, const trellis_store_record*);
};

/// Keeps and gives back; decides nothing. Name TRELLIS_HOST_STORE in PluginInfo::wants: answers go through it.
class Store : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_STORE;

  /// The most it can promise; the same from the constructor on.
  virtual Durability strongest() const noexcept = 0;
  /// Gives every queue, then every record, as they were when it was started. False where some of it cannot be read,
  /// which it logs. [control, running]
  virtual bool restore(const RestoreSink& sink) = 0;
  /// Takes changes, which are without fault(), and copies them. Status::ok: `reply` was moved away and is answered
  /// later; anything else is the answer, and nothing was taken. [shard, running]
  virtual Status write(const Shard& shard, StoreChanges changes, Durability level, WriteReply& reply) = 0;
  /// Asks for entries; the same way of answering. [shard, running]
  virtual Status read(const Shard& shard, const ReadRequest& request, ReadReply& reply) = 0;
  /// [any, running]
  virtual trellis_store_figures figures() const noexcept = 0;

  const void* table(std::string_view id) override {
    if (id != kTableId<trellis_store>) return nullptr;
    host_store_ = host().table<trellis_host_store>();
    table_.strongest = static_cast<std::uint32_t>(strongest());
    return &table_;
  }

 private:
  static trellis_status restore_glue(void* instance, void* user, void (*queue)(void*, const trellis_store_queue*),
                                     void (*record)(void*, const trellis_store_record*)) noexcept {
    bool all = false;
    glue::quietly(instance, "restore",
                  [&](Plugin& mine) { all = static_cast<Store&>(mine).restore(RestoreSink(user, queue, record)); });
    return all ? TRELLIS_OK : TRELLIS_INTERNAL;
  }

  static trellis_status write_glue(void* shard, const trellis_store_change* changes, std::uint32_t count,
                                   std::uint32_t durability, trellis_token token) noexcept {
    auto& mine = glue::kind<Store>(shard);
    const StoreChanges all({changes, count});
    if (count == 0 || durability < TRELLIS_DURABILITY_VOLATILE || durability > mine.table_.strongest) {
      return TRELLIS_INVALID;
    }
    if (const Status fault = all.fault(); fault != Status::ok) return static_cast<trellis_status>(fault);
    WriteReply reply(mine.host(), mine.host_store_, glue::shard(shard).index(), token);
    return mine.called(reply, "write",
                       [&] { return mine.write(glue::shard(shard), all, static_cast<Durability>(durability), reply); });
  }

  static trellis_status read_glue(void* shard, std::uint64_t queue, std::uint64_t after, std::uint32_t entries,
                                  std::uint64_t bytes, trellis_token token) noexcept {
    auto& mine = glue::kind<Store>(shard);
    ReadReply reply(mine.host(), mine.host_store_, glue::shard(shard).index(), token);
    return mine.called(reply, "read", [&] {
      return mine.read(glue::shard(shard), ReadRequest{queue, after, entries, bytes}, reply);
    });
  }

  // An exception is an answer only as long as the reply was not moved away.
  template <class Reply, class Function>
  trellis_status called(Reply& reply, std::string_view what, Function function) const noexcept {
    Status answer = Status::unset;
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      answer = function();
      return ok();
    });
    if (status != TRELLIS_OK) {
      host().log(Level::error, "the store threw",
                 {{"call", what}, {"error", std::string_view(error.text, error.size)}});
      answer = reply ? Status::internal : Status::ok;
    }
    if (answer != Status::ok) reply.drop();
    return static_cast<trellis_status>(answer);
  }

  static void figures_glue(void* instance, trellis_store_figures* figures) noexcept {
    const std::uint32_t size = figures->struct_size;
    *figures = static_cast<Store&>(glue::plugin(instance)).figures();
    figures->struct_size = size;
  }

  trellis_store table_{sizeof(trellis_store), 0, &restore_glue, &write_glue, &read_glue, &figures_glue};
  const trellis_host_store* host_store_ = nullptr;
};

}  // namespace trellis

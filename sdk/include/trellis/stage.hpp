// Stages: they see every message on publish or on delivery, and may drop, edit, redirect and copy.
#pragma once

#include <trellis/abi/filter.h>
#include <trellis/abi/identity.h>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/plugin.hpp>

namespace trellis {

enum class Verdict : std::uint32_t {
  unset = TRELLIS_VERDICT_UNSET,
  pass = TRELLIS_VERDICT_PASS,
  drop = TRELLIS_VERDICT_DROP,
  replaced = TRELLIS_VERDICT_REPLACED,  // set by MessageBatch::replace()
};

/// The messages of one call in arrival order, with a verdict each. A message without verdict is dropped and the
/// plugin is reported. Valid for the call only.
class MessageBatch {
 public:
  /// One message and what becomes of it.
  class Item {
   public:
    Item(const MessageBatch& batch, std::size_t index) noexcept : batch_(&batch), index_(index) {}
    Message message() const noexcept { return (*batch_)[index_]; }
    void pass() const noexcept { batch_->set(index_, Verdict::pass); }
    void drop() const noexcept { batch_->set(index_, Verdict::drop); }
    /// Goes on as this instead. Where that is refused, as for a bad topic, it is dropped.
    Status replace(Publication publication) const { return batch_->replace(index_, std::move(publication)); }

   private:
    const MessageBatch* batch_;
    std::size_t index_;
  };

  class Iterator {
   public:
    Iterator(const MessageBatch& batch, std::size_t index) noexcept : batch_(&batch), index_(index) {}
    Item operator*() const noexcept { return {*batch_, index_}; }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

   private:
    const MessageBatch* batch_;
    std::size_t index_;
  };

  MessageBatch(const Shard& shard, const trellis_host_stage* table, trellis_batch* batch,
               const trellis_message* const* messages, std::uint32_t* verdicts, std::uint32_t count) noexcept
      : shard_(&shard), table_(table), batch_(batch), messages_(messages), verdicts_(verdicts), count_(count) {}

  std::size_t size() const noexcept { return count_; }
  Message operator[](std::size_t index) const noexcept { return messages_[index]; }
  Iterator begin() const noexcept { return {*this, 0}; }
  Iterator end() const noexcept { return {*this, count_}; }

  /// Asks a function about each message: Verdict(const Message&).
  template <class Judge>
  requires std::invocable<Judge&, const Message&>
  void judge(Judge judge) const {
    for (std::size_t i = 0; i < count_; ++i) {
      const Verdict verdict = judge(Message(messages_[i]));
      // An item that was replaced meanwhile says so already.
      if (verdict != Verdict::replaced) set(i, verdict);
    }
  }

  void set(std::size_t index, Verdict verdict) const noexcept {
    verdicts_[index] = static_cast<std::uint32_t>(verdict);
  }

  Status replace(std::size_t index, Publication publication) const {
    const auto status = table_ == nullptr
                            ? TRELLIS_UNSUPPORTED
                            : table_->replace(batch_, static_cast<std::uint32_t>(index), publication.get());
    set(index, status == TRELLIS_OK ? Verdict::replaced : Verdict::drop);
    return static_cast<Status>(status);
  }
  /// Publishes one more message behind the batch; it does not pass this stage again.
  Status copy(Publication publication) const {
    return static_cast<Status>(table_ == nullptr ? TRELLIS_UNSUPPORTED : table_->copy(batch_, publication.get()));
  }

  std::string_view name_space() const noexcept {
    return table_ == nullptr ? std::string_view() : text(table_->name_space(batch_));
  }
  /// Who published the messages of a batch on publish. Null on delivery, for what the broker or a plugin publishes, and
  /// where this kernel does not tell.
  const trellis_identity* publisher() const noexcept {
    const bool told = table_ != nullptr && table_->struct_size > offsetof(trellis_host_stage, publisher);
    return told ? table_->publisher(batch_) : nullptr;
  }
  const Shard& shard() const noexcept { return *shard_; }

 private:
  const Shard* shard_;
  const trellis_host_stage* table_;
  trellis_batch* batch_;
  const trellis_message* const* messages_;
  std::uint32_t* verdicts_;
  std::size_t count_;
};

class Stage : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_STAGE;

  /// Gives every message of the batch a verdict. Must not block or allocate per message. Called on several shards at
  /// once: members written in configure() may be read, others belong into a ShardState.
  virtual void on_messages(MessageBatch batch) noexcept = 0;

  const void* table(std::string_view id) override {
    static constexpr trellis_stage kTable{sizeof(trellis_stage), &on_messages_glue};
    if (id != kTableId<trellis_stage>) return nullptr;
    host_stage_ = host().table<trellis_host_stage>();
    return &kTable;
  }

 private:
  static void on_messages_glue(void* shard, trellis_batch* batch, const trellis_message* const* messages,
                               std::uint32_t* verdicts, std::uint32_t count) noexcept {
    auto& stage = glue::kind<Stage>(shard);
    stage.on_messages(MessageBatch(glue::shard(shard), stage.host_stage_, batch, messages, verdicts, count));
  }

  const trellis_host_stage* host_stage_ = nullptr;
};

}  // namespace trellis

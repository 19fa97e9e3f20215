#include "route/handover.hpp"

#include <cstring>
#include <new>
#include <trellis/runtime/kept_bytes.hpp>

#include "route/router.hpp"

namespace trellis::kernel {
namespace {

constexpr std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + alignof(Message) - 1) & ~(alignof(Message) - 1);
}

}  // namespace

Handover::~Handover() {
  for (const Message* message : kept_) message->drop();
  count_kept_bytes(-static_cast<std::int64_t>(chunks_.size() * sizeof(Chunk)));
}

void Handover::add(const Destination& to, const Message* const* messages, std::uint32_t count, std::uint64_t number) {
  stored_ = stored_ || number != 0;
  bool goes_on = run_ != nullptr && run_->to == to &&
                 (run_->kept ? messages[0]->topic() == first_->topic() : messages[0]->differs_in_payload_only(*first_));
  for (std::uint32_t i = 0; i < count; ++i) {
    const Message& message = *messages[i];
    const bool kept = message.kept() || message.block_bytes() > kSmall;
    if (kept) kept_.push_back(message.keep());
    if (i > 0 && !kept) goes_on = message.differs_in_payload_only_of_batch(*messages[i - 1]);
    const std::uint64_t own = number == 0 ? 0 : number + i;
    goes_on = goes_on && run_->kept == kept && run_->count < kMostInRun &&
              own == (run_->number == 0 ? 0 : run_->number + run_->count);
    if (goes_on && (kept || follow(message.payload()))) {
      ++run_->count;
    } else {
      begin(to, message, kept, own);
      goes_on = true;
    }
  }
}

std::byte* Handover::room(std::size_t bytes) {
  if (chunks_.empty() || aligned(chunks_.back()->used) + bytes > Chunk::kBytes) {
    chunks_.emplace_back(new Chunk);  // make_unique would clear it
    count_kept_bytes(sizeof(Chunk));  // where the other shard cannot follow, publishers are slowed
  }
  Chunk& chunk = *chunks_.back();
  std::byte* const place = chunk.bytes + aligned(chunk.used);
  chunk.used = aligned(chunk.used) + bytes;
  return place;
}

void Handover::begin(const Destination& to, const Message& message, bool kept, std::uint64_t number) {
  std::byte* const place = room(sizeof(Run) + (kept ? 0 : message.block_bytes()));
  run_ = new (place) Run{to, 1, kept, number};
  first_ = kept ? kept_.back() : message.copy_to(place + sizeof(Run));
}

// False when there is no room.
bool Handover::follow(std::string_view payload) {
  Chunk& chunk = *chunks_.back();
  const auto size = static_cast<std::uint32_t>(payload.size());
  if (chunk.used + sizeof size + size > Chunk::kBytes) return false;
  std::memcpy(chunk.bytes + chunk.used, &size, sizeof size);
  std::memcpy(chunk.bytes + chunk.used + sizeof size, payload.data(), size);
  chunk.used += sizeof size + size;
  return true;
}

void Handover::run() {
  const std::unique_ptr<Handover> self(this);
  const Message* const* kept = kept_.data();
  for (const auto& chunk : chunks_) {
    for (std::size_t at = 0; at < chunk->used;) {
      const Run& run = *reinterpret_cast<const Run*>(chunk->bytes + at);
      at += sizeof(Run);
      if (run.kept) {
        target_.take(run.to, kept, run.count, from_, run.number);
        kept += run.count;
      } else {
        const std::byte* const end = read(run, chunk->bytes + at);
        at = aligned(static_cast<std::size_t>(end - chunk->bytes));
      }
    }
  }
  for (const auto& [id, room] : promised_) {
    if (Subscriber* const subscriber = target_.subscribers().find(id)) subscriber->unpromise(room);
  }
}

// Answers where the run ends.
const std::byte* Handover::read(const Run& run, const std::byte* at) {
  alignas(Message) std::byte storage[kMostInRun * sizeof(Message)];
  auto* const borrowed = reinterpret_cast<Message*>(storage);
  const Message* messages[kMostInRun];
  const Message& first = *reinterpret_cast<const Message*>(at);
  at += first.block_bytes();
  std::string_view payload = first.payload();
  for (std::uint32_t i = 0; i < run.count; ++i) {
    if (i > 0) {
      std::uint32_t size = 0;
      std::memcpy(&size, at, sizeof size);
      payload = {reinterpret_cast<const char*>(at) + sizeof size, size};
      at += sizeof size + size;
    }
    messages[i] = new (borrowed + i) Message(first, payload);
  }
  target_.take(run.to, messages, run.count, from_, run.number);
  for (std::uint32_t i = 0; i < run.count; ++i) borrowed[i].~Message();
  return at;
}

}  // namespace trellis::kernel

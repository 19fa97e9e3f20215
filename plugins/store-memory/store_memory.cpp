#include "store_memory.hpp"

#include <algorithm>
#include <vector>

namespace store_memory {

using trellis::ChangeKind;
using trellis::Status;
using trellis::text;

trellis::Schema StoreMemory::schema() {
  return trellis::Schema{}
      .bytes("memory",
             {.help = "Most bytes of bodies and records kept. Beyond them the store is full: what adds is refused "
                      "until something was settled or removed.",
              .fallback = "1GiB",
              .minimum = "1KiB"})
      .example(R"({"memory": "256MiB"})");
}

trellis::Result<void> StoreMemory::configure(const trellis::Config& config) {
  most_bytes_ = static_cast<std::uint64_t>(config.integer("memory"));
  return trellis::ok();
}

bool StoreMemory::restore(const trellis::RestoreSink& sink) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, queue] : queues_) {
    const std::vector<std::uint32_t> marks(queue.marks.begin(), queue.marks.end());
    trellis_store_queue facts{number, 0, 0, queue.entries.size(), 0, marks.data(), marks.size()};
    if (!queue.entries.empty()) {
      facts.first = queue.entries.begin()->first;
      facts.last = queue.entries.rbegin()->first;
    }
    for (const auto& [at, entry] : queue.entries) facts.bytes += entry.body->size();
    sink.queue(facts);
  }
  for (const auto& [key, value] : records_) sink.record(key, value);
  return true;
}

Status StoreMemory::write(const trellis::Shard&, trellis::StoreChanges changes, trellis::Durability,
                          trellis::WriteReply& reply) {
  {
    const std::lock_guard lock(mutex_);
    const auto adds = [this](const trellis::StoreChange& change) { return this->adds(change); };
    if (bytes_ >= most_bytes_ && std::ranges::any_of(changes, adds)) return Status::unavailable;
    for (const trellis::StoreChange change : changes) apply(change);
  }
  trellis::WriteReply(std::move(reply)).answer(Status::ok);
  return Status::ok;
}

// What is changed of something that is here does not count: a session that comes back is what makes room.
bool StoreMemory::adds(const trellis::StoreChange& change) const {
  return change.kind() == ChangeKind::append || (change.kind() == ChangeKind::put && !records_.contains(change.key()));
}

void StoreMemory::apply(const trellis::StoreChange& change) {
  const std::uint64_t number = change.queue();
  switch (change.kind()) {
    case ChangeKind::append:
      return append(change);
    case ChangeKind::settle:
      if (const auto queue = queues_.find(number); queue != queues_.end()) {
        settle(queue->second, change.first(), change.last());
      }
      return forget_if_empty(number);
    case ChangeKind::note:
      if (const auto queue = queues_.find(number); queue != queues_.end()) {
        const auto entry = queue->second.entries.find(change.first());
        if (entry != queue->second.entries.end()) entry->second.note = change.note();
      }
      return;
    case ChangeKind::mark:
      queues_[number].marks.insert(change.mark());
      return;
    case ChangeKind::unmark:
      if (const auto queue = queues_.find(number); queue != queues_.end()) queue->second.marks.erase(change.mark());
      return forget_if_empty(number);
    case ChangeKind::drop:
      if (const auto queue = queues_.find(number); queue != queues_.end()) {
        settle(queue->second, 0, UINT64_MAX);
        queues_.erase(queue);
      }
      return;
    case ChangeKind::put:
      return put(change.key(), change.body());
    case ChangeKind::remove:
      return remove(change.key());
  }
}

void StoreMemory::append(const trellis::StoreChange& change) {
  const auto body = std::make_shared<const std::string>(change.body());
  for (const trellis_store_target& target : change.targets()) {
    Queue& queue = queues_[target.queue];
    settle(queue, target.number, target.number);
    queue.entries[target.number] = {body, std::string(text(target.extra)), {}};
    ++entries_;
    bytes_ += body->size() + target.extra.size;
  }
}

void StoreMemory::settle(Queue& queue, std::uint64_t first, std::uint64_t last) {
  auto at = queue.entries.lower_bound(first);
  while (at != queue.entries.end() && at->first <= last) {
    --entries_;
    bytes_ -= at->second.body->size() + at->second.extra.size();
    at = queue.entries.erase(at);
  }
}

void StoreMemory::put(std::string_view key, std::string_view value) {
  remove(key);
  records_.emplace(key, value);
  bytes_ += key.size() + value.size();
}

void StoreMemory::remove(std::string_view key) {
  const auto found = records_.find(key);
  if (found == records_.end()) return;
  bytes_ -= key.size() + found->second.size();
  records_.erase(found);
}

void StoreMemory::forget_if_empty(std::uint64_t queue) {
  const auto found = queues_.find(queue);
  if (found != queues_.end() && found->second.entries.empty() && found->second.marks.empty()) queues_.erase(found);
}

Status StoreMemory::read(const trellis::Shard&, const trellis::ReadRequest& request, trellis::ReadReply& reply) {
  const std::lock_guard lock(mutex_);
  std::vector<trellis_store_entry> found;
  std::uint64_t bytes = 0;
  const auto queue = queues_.find(request.queue);
  if (queue != queues_.end()) {
    const auto& entries = queue->second.entries;
    for (auto at = entries.upper_bound(request.after); at != entries.end() && found.size() < request.entries; ++at) {
      const std::uint64_t size = at->second.body->size() + at->second.extra.size();
      if (!found.empty() && (size > request.bytes || bytes > request.bytes - size)) break;
      bytes += size;
      found.push_back({at->first, trellis::view(*at->second.body), trellis::view(at->second.extra), at->second.note});
    }
  }
  // Under the lock, since the entries are lent.
  trellis::ReadReply(std::move(reply)).answer(found);
  return Status::ok;
}

trellis_store_figures StoreMemory::figures() const noexcept {
  const std::lock_guard lock(mutex_);
  const bool full = bytes_ >= most_bytes_;
  return {sizeof(trellis_store_figures),
          static_cast<std::uint32_t>(full ? trellis::StoreState::full : trellis::StoreState::good),
          queues_.size(),
          entries_,
          records_.size(),
          bytes_,
          bytes_,
          full ? 0 : most_bytes_ - bytes_,
          0};
}

}  // namespace store_memory

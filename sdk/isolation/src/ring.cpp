#include <algorithm>
#include <cstring>
#include <trellis/isolation/ring.hpp>

namespace trellis::isolation {
namespace {

struct FrameHead {
  std::uint32_t size;
  std::uint32_t type;
};

constexpr std::uint64_t padded(std::uint64_t size) noexcept { return (size + 7) & ~std::uint64_t{7}; }

}  // namespace

void RingWriter::put(const void* data, std::size_t size) noexcept {
  const std::uint64_t at = written_ % memory_.capacity;
  const std::size_t first = std::min<std::size_t>(size, memory_.capacity - at);
  if (first > 0) std::memcpy(memory_.bytes + at, data, first);
  if (size > first) std::memcpy(memory_.bytes, static_cast<const char*>(data) + first, size - first);
  written_ += padded(size);
}

RingWriter::Outcome RingWriter::write(std::uint32_t type, std::string_view body) noexcept {
  const std::uint64_t used = written_ - memory_.head->read.load(std::memory_order_acquire);
  if (used > memory_.capacity) return Outcome::broken;
  if (body.size() > memory_.capacity || sizeof(FrameHead) + padded(body.size()) > memory_.capacity - used) {
    return Outcome::full;
  }
  const FrameHead head{static_cast<std::uint32_t>(body.size()), type};
  put(&head, sizeof head);
  put(body.data(), body.size());
  memory_.head->written.store(written_, std::memory_order_release);
  return Outcome::written;
}

bool RingWriter::reader_sleeps() noexcept {
  // Either the reader sees what was written before, or this sees that it sleeps.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (memory_.head->sleeps.load(std::memory_order_relaxed) == 0) return false;
  return memory_.head->sleeps.exchange(0, std::memory_order_relaxed) != 0;
}

void RingReader::get(void* data, std::size_t size) noexcept {
  const std::uint64_t at = read_ % memory_.capacity;
  const std::size_t first = std::min<std::size_t>(size, memory_.capacity - at);
  if (first > 0) std::memcpy(data, memory_.bytes + at, first);
  if (size > first) std::memcpy(static_cast<char*>(data) + first, memory_.bytes, size - first);
  read_ += padded(size);
}

RingReader::Outcome RingReader::read(std::uint32_t& type, std::string& body) {
  const std::uint64_t there = memory_.head->written.load(std::memory_order_acquire) - read_;
  if (there == 0) return Outcome::empty;
  if (there > memory_.capacity || there < sizeof(FrameHead)) return Outcome::broken;
  FrameHead head{};
  get(&head, sizeof head);
  if (padded(head.size) > there - sizeof head) return Outcome::broken;
  type = head.type;
  body.resize(head.size);
  get(body.data(), head.size);
  memory_.head->read.store(read_, std::memory_order_release);
  return Outcome::frame;
}

bool RingReader::try_sleep() noexcept {
  memory_.head->sleeps.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return memory_.head->written.load(std::memory_order_acquire) == read_;
}

}  // namespace trellis::isolation

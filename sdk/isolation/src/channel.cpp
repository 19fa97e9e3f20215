#include "channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <new>

namespace trellis::isolation {
namespace {

constexpr std::size_t kHeadBytes = 4096;  // a page of its own
static_assert(sizeof(RingHead) <= kHeadBytes);
constexpr std::size_t kOne = kHeadBytes + Channels::kRingBytes;

void wake(int number) noexcept {
  const std::uint64_t one = 1;
  // Fails with a full counter only, and then the reader is awake anyway.
  [[maybe_unused]] const ssize_t written = ::write(number, &one, sizeof one);
}

}  // namespace

RingWriter::Outcome Channel::write(Frame type, std::string_view body) noexcept {
  const auto outcome = out_.write(static_cast<std::uint32_t>(type), body);
  if (outcome == RingWriter::Outcome::written && out_.reader_sleeps()) wake(wakes_other_);
  return outcome;
}

Channel::Read Channel::read(Frame& type, std::string& body) {
  std::uint32_t number = 0;
  const Read outcome = in_.read(number, body);
  type = static_cast<Frame>(number);
  return outcome;
}

void Channel::wait(std::chrono::nanoseconds time) noexcept {
  pollfd one{wakes_me_, POLLIN, 0};
  const timespec limit{static_cast<std::time_t>(time.count() / 1'000'000'000),
                       static_cast<long>(time.count() % 1'000'000'000)};
  if (ppoll(&one, 1, &limit, nullptr) <= 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakes_me_, &count, sizeof count);
}

std::unique_ptr<Channels> Channels::make(std::uint32_t shards) {
  Owned memory(memfd_create("trellis-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::size_t bytes = 2 * kOne * shards;
  if (!memory.open() || ftruncate(memory.number(), static_cast<off_t>(bytes)) != 0) return nullptr;
  // Whoever could make it shorter could end the broker with SIGBUS.
  if (fcntl(memory.number(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return nullptr;
  std::vector<Owned> events;
  for (std::uint32_t i = 0; i < 2 * shards; ++i) events.emplace_back(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  for (const Owned& event : events) {
    if (!event.open()) return nullptr;
  }
  std::unique_ptr<Channels> made(new Channels(std::move(memory), std::move(events)));
  made->of_broker_ = true;
  return made->map(true) ? std::move(made) : nullptr;
}

std::unique_ptr<Channels> Channels::adopt(std::vector<Owned> descriptors) {
  if (descriptors.empty() || descriptors.size() % 2 == 0) return nullptr;
  Owned memory = std::move(descriptors.front());
  descriptors.erase(descriptors.begin());
  std::unique_ptr<Channels> made(new Channels(std::move(memory), std::move(descriptors)));
  return made->map(false) ? std::move(made) : nullptr;
}

bool Channels::map(bool fresh) {
  bytes_ = kOne * events_.size();
  void* const at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.number(), 0);
  if (at == MAP_FAILED) return false;
  mapped_ = static_cast<char*>(at);
  const auto ring = [&](std::size_t index) {
    char* const begin = mapped_ + index * kOne;
    auto* const head = fresh ? new (begin) RingHead : reinterpret_cast<RingHead*>(begin);
    return RingMemory{head, begin + kHeadBytes, kRingBytes};
  };
  for (std::size_t i = 0; i < events_.size(); i += 2) {
    const RingMemory to_plugin = ring(i);
    const RingMemory to_broker = ring(i + 1);
    const int wakes_plugin = events_[i].number();
    const int wakes_broker = events_[i + 1].number();
    channels_.push_back(of_broker_ ? std::make_unique<Channel>(to_plugin, to_broker, wakes_plugin, wakes_broker)
                                   : std::make_unique<Channel>(to_broker, to_plugin, wakes_broker, wakes_plugin));
  }
  return true;
}

Channels::~Channels() {
  if (mapped_ != nullptr) munmap(mapped_, bytes_);
}

std::vector<int> Channels::descriptors() const {
  std::vector<int> numbers{memory_.number()};
  for (const Owned& event : events_) numbers.push_back(event.number());
  return numbers;
}

void Channels::wake_all() const noexcept {
  for (std::size_t i = of_broker_ ? 1 : 0; i < events_.size(); i += 2) wake(events_[i].number());
}

}  // namespace trellis::isolation

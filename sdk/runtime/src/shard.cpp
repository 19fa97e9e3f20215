#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <trellis/runtime/shard.hpp>

namespace trellis::runtime {
namespace {

thread_local Shard* current_shard = nullptr;

std::uint64_t milliseconds(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000000;
}

class FunctionItem final : public MailItem {
 public:
  explicit FunctionItem(std::function<void()> function) : function_(std::move(function)) {}
  void run() override {
    const std::unique_ptr<FunctionItem> self(this);
    function_();
  }

 private:
  std::function<void()> function_;
};

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

constexpr int kEvents = 512;
constexpr std::uint64_t kLongestWaitMs = 1000;

}  // namespace

Shard::Shard(std::uint32_t index, MetricCells& cells, Epochs& epochs)
    : index_(index),
      cells_(cells),
      epochs_(epochs),
      epoll_fd_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_fd_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      timers_(milliseconds(CLOCK_MONOTONIC)),
      read_buffer_(new std::uint8_t[kReadBytes]) {
  read_clock();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // every write is an edge: it need not be read
  event.data.ptr = nullptr;          // the wake-up
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

Shard::~Shard() {
  close(wake_fd_);
  close(epoll_fd_);
}

Shard* Shard::current() noexcept { return current_shard; }

void Shard::read_clock() noexcept {
  now_ms_ = milliseconds(CLOCK_MONOTONIC_COARSE);
  wall_ms_ = static_cast<std::int64_t>(milliseconds(CLOCK_REALTIME_COARSE));
}

bool Shard::watch(int fd, Pollable& pollable, bool edge_triggered) noexcept {
  epoll_event event{};
  event.events = edge_triggered ? (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) : EPOLLIN;
  event.data.ptr = &pollable;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Shard::unwatch(int fd) noexcept { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

void Shard::post(MailItem* item) noexcept {
  if (!mailbox_.put(item)) return;
  const std::uint64_t one = 1;
  // Cannot fail but with a full counter, and then the reader is awake anyway.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

void Shard::post(std::function<void()> function) { post(new FunctionItem(std::move(function))); }

void Shard::stop() {
  post([this] { stopping_ = true; });
}

int Shard::wait_ms() noexcept {
  if (mail_left_ || !next_turn_.empty()) return 0;
  return static_cast<int>(timers_.wait_ms(now_ms_, kLongestWaitMs));
}

void Shard::run() {
  current_shard = this;
  while (!stopping_) turn(wait_ms());
  run_phases();
  epochs_.leave(index_);
  current_shard = nullptr;
}

void Shard::turn(int timeout_ms) {
  epoll_event events[kEvents];
  if (timeout_ms > 0 && !mailbox_.try_sleep()) timeout_ms = 0;
  if (timeout_ms > 0) epochs_.leave(index_);
  const int ready = epoll_wait(epoll_fd_, events, kEvents, timeout_ms);
  if (timeout_ms > 0) mailbox_.awake();
  epochs_.enter(index_);
  read_clock();

  DeferredList due;
  due.swap(next_turn_);
  while (Deferred* item = due.pop()) item->run_deferred();
  for (int i = 0; i < ready; ++i) {
    // Null is the wake-up.
    if (auto* pollable = static_cast<Pollable*>(events[i].data.ptr)) pollable->on_ready(events[i].events);
  }
  mail_left_ = mailbox_.run_some();
  timers_.advance(now_ms_);
  run_phases();
}

void Shard::run_phases() {
  std::size_t phase = 0;
  while (phase < kPhases) {
    Deferred* item = phases_[phase].pop();
    if (item == nullptr) {
      ++phase;
      continue;
    }
    item->run_deferred();
    // Flushing may free output space and so make work for an earlier phase: that waits for its turn again.
    for (std::size_t earlier = 0; earlier < phase; ++earlier) {
      if (!phases_[earlier].empty()) {
        phase = earlier;
        break;
      }
    }
  }
}

}  // namespace trellis::runtime

#include "budget.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>
#include <mutex>
#include <system_error>

namespace lua {
namespace {

// Ignored unless somebody asks for it, so that one too many does no harm; nothing else in the process wants it.
constexpr int kSignal = SIGURG;
constexpr long kTickNs = 2'000'000;  // as fine as the system's own tick allows, mostly 4 ms
constexpr int kIdleTicks = 100;      // of the thread's CPU time without a call, then the timer rests

std::int64_t thread_cpu_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

/// The timer of one thread, and the call that is under way on it.
class Meter {
 public:
  Meter() {
    static std::once_flag installed;
    std::call_once(installed, [] {
      struct sigaction action {};
      action.sa_handler = &Meter::on_signal;
      action.sa_flags = SA_RESTART;
      if (sigaction(kSignal, &action, nullptr) != 0) fail("cannot handle SIGURG");
    });
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, kSignal);
    pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kSignal;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0) fail("cannot make a timer of CPU time");
  }
  ~Meter() {
    of_thread = nullptr;
    timer_delete(timer_);
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  static Meter& here() {
    if (of_thread != nullptr) return *of_thread;
    static thread_local std::unique_ptr<Meter> owner;
    owner = std::make_unique<Meter>();
    return *(of_thread = owner.get());
  }

  Budget* begin(Budget* budget) noexcept {
    Budget* outer = active_.load(std::memory_order_relaxed);
    active_.store(budget, std::memory_order_relaxed);
    if (!armed_.load(std::memory_order_relaxed)) arm(kTickNs);
    return outer;
  }
  void end(Budget* outer) noexcept { active_.store(outer, std::memory_order_relaxed); }

 private:
  [[noreturn]] static void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

  void arm(long every_ns) noexcept {
    const timespec every{0, every_ns};
    const itimerspec times{every, every};
    armed_.store(every_ns != 0, std::memory_order_relaxed);
    idle_ = 0;
    timer_settime(timer_, 0, &times, nullptr);
  }

  static void on_signal(int) noexcept {
    Meter* meter = of_thread;
    if (meter == nullptr) return;
    const int before = errno;
    if (Budget* budget = meter->active_.load(std::memory_order_relaxed)) {
      meter->idle_ = 0;
      budget->tick(thread_cpu_ns());
    } else if (++meter->idle_ > kIdleTicks) {
      meter->arm(0);
    }
    errno = before;
  }

  // Read by the handler, where nothing may be allocated: so no lazily made storage.
  __attribute__((tls_model("initial-exec"))) static thread_local Meter* of_thread;

  timer_t timer_{};
  std::atomic<Budget*> active_ = nullptr;
  std::atomic<bool> armed_ = false;
  int idle_ = 0;  // the handler's, or set while the timer rests
};

thread_local Meter* Meter::of_thread = nullptr;

void Budget::prepare_thread() { Meter::here(); }

std::chrono::nanoseconds Budget::cpu_time() noexcept { return std::chrono::nanoseconds(thread_cpu_ns()); }

void Budget::tick(std::int64_t cpu_ns) noexcept {
  const std::uint64_t call = call_.load(std::memory_order_relaxed);
  if (call != seen_call_) {
    // When it began is not known, only that it was after the tick before.
    seen_call_ = call;
    seen_at_ = cpu_ns;
    last_at_ = cpu_ns;
    return;
  }
  const std::int64_t tick = cpu_ns - last_at_;
  last_at_ = cpu_ns;
  // Up to a tick passed before it was seen, and another one will before the next look: half of one is in between.
  if (cpu_ns - seen_at_ + tick / 2 < allowed_.load(std::memory_order_relaxed)) return;
  spent_.store(true, std::memory_order_relaxed);
  lua_sethook(running_.load(std::memory_order_relaxed), hook_, LUA_MASKCOUNT, 1);
}

Budget::Scope::Scope(Budget& budget, lua_State* state, std::chrono::nanoseconds allowed)
    : budget_(budget), meter_(Meter::here()) {
  budget.call_.store(budget.call_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  budget.allowed_.store(allowed.count(), std::memory_order_relaxed);
  budget.running(state);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  outer_ = meter_.begin(&budget);
}

Budget::Scope::~Scope() {
  meter_.end(outer_);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (!budget_.spent()) return;
  // Of coroutines that were kept the hook takes itself away when it is called next.
  lua_sethook(budget_.running_.load(std::memory_order_relaxed), nullptr, 0, 0);
  budget_.spent_.store(false, std::memory_order_relaxed);
}

}  // namespace lua

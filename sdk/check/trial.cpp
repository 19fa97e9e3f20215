// A child says what it finds through a pipe: a letter, the rule's number, the size of a text, the text.
#include "trial.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <trellis/testing/plugin_work.hpp>

namespace trellis::check {
namespace {

using Clock = std::chrono::steady_clock;

struct Head {
  char kind;
  std::uint8_t rule;
  std::uint16_t unused;
  std::uint32_t size;
};

void write_all(int pipe, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(pipe, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(EXIT_FAILURE);  // whoever asked has gone
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

// ---- the child

int voice_of_handler = -1;

// Of an address that was lent, the call it was lent for is told; the rest is up to the signal's own way.
void faulted(int signal, siginfo_t* about, void*) {
  if (const char* const call = testing::lent_for(about->si_addr); call != nullptr) {
    const Head head{'!', static_cast<std::uint8_t>(Rule::views), 0, static_cast<std::uint32_t>(std::strlen(call))};
    write_all(voice_of_handler, &head, sizeof head);
    write_all(voice_of_handler, call, head.size);
    ::_exit(EXIT_FAILURE);
  }
  std::signal(signal, SIG_DFL);  // the instruction is tried again, and ends the process
}

void watch_faults(int pipe) {
  voice_of_handler = pipe;
  static std::array<char, 65536> stack;
  const stack_t own{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  ::sigaltstack(&own, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &faulted;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS}) ::sigaction(signal, &action, nullptr);
}

[[noreturn]] void run_child(int pipe, const std::function<void(Voice&)>& body) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  watch_faults(pipe);
  Voice voice(pipe);
  try {
    body(voice);
  } catch (const std::exception& error) {
    voice.bad(Rule::returns, std::string("the check itself failed: ") + error.what());
  }
  voice.over();
  // Not through destructors of libraries that stay loaded; what a sanitizer has to say at the end is not lost.
  std::fflush(nullptr);
  std::_Exit(EXIT_SUCCESS);
}

// ---- the parent

class Listener {
 public:
  Listener(Report& report, pid_t child, int pipe, Clock::time_point end)
      : report_(report), child_(child), pipe_(pipe), end_(end) {}

  bool listen() {
    while (const auto said = hear()) {
      switch (said->kind) {
        case 'n':
          report_.name(text_.substr(0, text_.find('\n')), text_.substr(text_.find('\n') + 1));
          break;
        case '?':
          doing_ = text_;
          blamed_ = rule_of(*said);
          break;
        case '!':
          report_.add({Rule::views, Mark::bad,
                       where() + "it reads what " + text_ + " was lent, beyond its size or after the call"});
          told_ = true;
          break;
        case '.':
          return end(true);
        default:
          report_.add({rule_of(*said), mark_of(said->kind), text_});
      }
    }
    return end(false);
  }

 private:
  static Rule rule_of(const Head& head) { return static_cast<Rule>(head.rule); }
  static Mark mark_of(char kind) { return kind == '+' ? Mark::good : kind == '-' ? Mark::bad : Mark::skipped; }
  std::string where() const { return doing_.empty() ? "" : doing_ + ": "; }

  std::optional<Head> hear() {
    Head head{};
    if (!read_all(&head, sizeof head)) return std::nullopt;
    text_.resize(head.size);
    if (!read_all(text_.data(), text_.size())) return std::nullopt;
    return head;
  }

  bool read_all(void* into, std::size_t size) {
    char* at = static_cast<char*>(into);
    while (size > 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
      pollfd wanted{.fd = pipe_, .events = POLLIN, .revents = 0};
      const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      hung_ = ready == 0;
      if (ready <= 0) return false;
      const ssize_t got = ::read(pipe_, at, size);
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  bool end(bool orderly) {
    if (hung_) ::kill(child_, SIGKILL);
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    if (orderly || told_) return orderly;
    std::string how = "it did not return in time";
    if (!hung_ && WIFSIGNALED(status)) how = std::string("it crashed: ") + ::strsignal(WTERMSIG(status));
    if (!hung_ && WIFEXITED(status)) how = "it ended the process with code " + std::to_string(WEXITSTATUS(status));
    report_.add({blamed_, Mark::bad, where() + how});
    return false;
  }

  Report& report_;
  pid_t child_;
  int pipe_;
  Clock::time_point end_;
  std::string text_;
  std::string doing_;
  Rule blamed_ = Rule::returns;
  bool hung_ = false;
  bool told_ = false;
};

}  // namespace

void Voice::name(std::string_view id, std::string_view version) {
  tell('n', Rule::descriptor, std::string(id) + "\n" + std::string(version));
}

void Voice::tell(char kind, Rule rule, std::string_view text) {
  const Head head{kind, static_cast<std::uint8_t>(rule), 0, static_cast<std::uint32_t>(text.size())};
  write_all(pipe_, &head, sizeof head);
  write_all(pipe_, text.data(), text.size());
}

bool run_trial(Report& report, std::chrono::milliseconds deadline, const std::function<void(Voice&)>& body) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    ::close(ends[0]);
    run_child(ends[1], body);
  }
  ::close(ends[1]);
  Listener listener(report, child, ends[0], Clock::now() + deadline);
  const bool orderly = listener.listen();
  ::close(ends[0]);
  return orderly;
}

}  // namespace trellis::check

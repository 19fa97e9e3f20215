#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <trellis/runtime/resolver.hpp>
#include <utility>

namespace trellis::runtime {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostKept = 4096;        // names
constexpr std::size_t kMostQuestions = 10000;  // at once
constexpr const char* kTooMany = "too many names are being looked up";
constexpr const char* kSystemServers = "/etc/resolv.conf";
constexpr std::chrono::seconds kLongest{3600};
constexpr std::chrono::seconds kOfNothing{5};  // how long a failure is believed

Resolver::Outcome outcome_of(int status) {
  if (status == ARES_SUCCESS) return Resolver::Outcome::found;
  if (status == ARES_ENODATA || status == ARES_ENOTFOUND || status == ARES_EBADNAME) return Resolver::Outcome::none;
  return Resolver::Outcome::unavailable;
}

std::string said(const std::string& name, int status) {
  if (status == ARES_ENODATA || status == ARES_ENOTFOUND) return "the name \"" + name + "\" is not known";
  if (status == ARES_EBADNAME) return '"' + name + "\" is no name of a host";
  if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED) return "no name server answers about \"" + name + '"';
  return "the name \"" + name + "\" cannot be looked up: " + ares_strerror(status);
}

std::optional<ares_channel> open_channel(const Resolver::Settings& settings) {
  static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
  if (ready != ARES_SUCCESS) return std::nullopt;
  ares_options options{};
  options.timeout = static_cast<int>(settings.timeout_ms);
  options.tries = static_cast<int>(settings.tries);
  ares_channel channel = nullptr;
  if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) return std::nullopt;
  std::string servers;
  for (const std::string& server : settings.servers) servers += (servers.empty() ? "" : ",") + server;
  if (!servers.empty() && ares_set_servers_ports_csv(channel, servers.c_str()) != ARES_SUCCESS) {
    ares_destroy(channel);
    return std::nullopt;
  }
  return channel;
}

}  // namespace

/// Everything but the channel is guarded by the mutex; the channel belongs to the thread.
class Resolver::Worker {
 public:
  Worker() : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_fd_ < 0) throw std::runtime_error("eventfd: " + std::string(std::strerror(errno)));
  }
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      waiting_.clear();
    }
    wake();
    if (thread_.joinable()) thread_.join();
    close(wake_fd_);
  }

  void set(Settings settings) {
    {
      const std::lock_guard lock(mutex_);
      if (settings == settings_) return;
      settings_ = std::move(settings);
      renew_ = true;
      kept_.clear();
    }
    wake();
  }

  void addresses(std::string host, std::function<void(const Addresses&)> answer) {
    std::optional<Addresses> known;
    {
      const std::lock_guard lock(mutex_);
      const auto kept = kept_.find(host);
      if (kept != kept_.end() && Clock::now() < kept->second.until) {
        known = kept->second.answer;
      } else if (questions_ >= kMostQuestions) {
        known = Addresses{Outcome::unavailable, {}, kTooMany};
      } else {
        ++questions_;
        auto& together = waiting_[host];
        together.push_back(std::move(answer));
        if (together.size() == 1) ask([this, host = std::move(host)](ares_channel channel) { start(channel, host); });
      }
    }
    if (known) return answer(*known);
    wake();
  }

  void texts(std::string name, std::function<void(const Texts&)> answer) {
    {
      const std::lock_guard lock(mutex_);
      if (questions_ < kMostQuestions) {
        ++questions_;
        auto question = std::make_shared<TextQuestion>(TextQuestion{this, std::move(name), std::move(answer)});
        ask([question](ares_channel channel) {
          auto* const argument = new auto(question);
          if (channel == nullptr) return on_texts(argument, ARES_ENOTINITIALIZED, 0, nullptr, 0);
          ares_query(channel, question->name.c_str(), ns_c_in, ns_t_txt, &on_texts, argument);
        });
        answer = nullptr;
      }
    }
    if (answer) return answer({Outcome::unavailable, {}, kTooMany});
    wake();
  }

 private:
  struct Kept {
    Addresses answer;
    Clock::time_point until;
  };
  struct Question {
    Worker* worker;
    std::string host;
  };
  struct TextQuestion {
    Worker* worker;
    std::string name;
    std::function<void(const Texts&)> answer;
  };
  using Step = std::function<void(ares_channel)>;

  void ask(Step step) {
    inbox_.push_back(std::move(step));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
  }

  void run() {
    std::optional<ares_channel> channel;
    while (true) {
      std::vector<Step> steps;
      Settings settings;
      bool renew = false;
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) break;
        steps.swap(inbox_);
        settings = settings_;
        renew = std::exchange(renew_, false);
      }
      if (!steps.empty() && settings.servers.empty() && system_changed()) renew = true;
      if (renew && channel) ares_destroy(*std::exchange(channel, std::nullopt));
      if (!channel) channel = open_channel(settings);
      for (const Step& step : steps) {
        step(channel.value_or(nullptr));
      }
      wait(channel.value_or(nullptr));
    }
    if (channel) ares_destroy(*channel);
  }

  // Another network may have come with other name servers.
  bool system_changed() {
    struct stat now {};
    if (stat(kSystemServers, &now) != 0) return false;
    const auto before = std::exchange(system_changed_at_, now.st_mtim.tv_sec);
    return before != 0 && before != system_changed_at_;
  }

  void wait(ares_channel channel) const {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polled{};
    polled[0] = {wake_fd_, POLLIN, 0};
    nfds_t count = 1;
    int wait_ms = 60'000;
    if (channel != nullptr) {
      const int which = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
      for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
        const bool reads = ARES_GETSOCK_READABLE(which, i) != 0;
        const bool writes = ARES_GETSOCK_WRITABLE(which, i) != 0;
        if (!reads && !writes) continue;
        const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
        polled[count++] = {sockets[static_cast<std::size_t>(i)], static_cast<short>(events), 0};
      }
      timeval most{60, 0};
      timeval left{};
      const timeval* const next = ares_timeout(channel, &most, &left);
      wait_ms = static_cast<int>(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000);
    }
    poll(polled.data(), count, wait_ms);
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_fd_, &wakes, sizeof wakes);
    if (channel == nullptr) return;
    for (nfds_t i = 1; i < count; ++i) {
      const bool reads = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool writes = (polled[i].revents & POLLOUT) != 0;
      ares_process_fd(channel, reads ? polled[i].fd : ARES_SOCKET_BAD, writes ? polled[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what is overdue
  }

  void start(ares_channel channel, const std::string& host) {
    if (channel == nullptr) {
      answered(host, {Outcome::unavailable, {}, "the name servers of the configuration cannot be used"}, kOfNothing);
      return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &on_addresses, new Question{this, host});
  }

  static void on_addresses(void* argument, int status, int, ares_addrinfo* found) {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(found, &ares_freeaddrinfo);
    Addresses answer;
    answer.outcome = outcome_of(status);
    std::chrono::seconds keep = status == ARES_SUCCESS ? kLongest : kOfNothing;
    for (const ares_addrinfo_node* node = found == nullptr ? nullptr : found->nodes; node != nullptr;
         node = node->ai_next) {
      Address& address = answer.addresses.emplace_back();
      address.size = std::min<socklen_t>(node->ai_addrlen, sizeof address.storage);
      std::memcpy(&address.storage, node->ai_addr, address.size);
      // The hosts file says 0: it may change any time.
      keep = std::min(keep, std::chrono::seconds(std::max(node->ai_ttl, 1)));
    }
    if (answer.outcome == Outcome::found && answer.addresses.empty()) answer.outcome = Outcome::none;
    if (answer.outcome != Outcome::found) answer.error = said(question->host, status);
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) keep = std::chrono::seconds(0);
    question->worker->answered(question->host, answer, keep);
  }

  static void on_texts(void* argument, int status, int, unsigned char* reply, int size) {
    const std::unique_ptr<std::shared_ptr<TextQuestion>> question(
        static_cast<std::shared_ptr<TextQuestion>*>(argument));
    Texts answer;
    ares_txt_ext* found = nullptr;
    if (status == ARES_SUCCESS) status = ares_parse_txt_reply_ext(reply, size, &found);
    for (const ares_txt_ext* one = found; one != nullptr; one = one->next) {
      if (one->record_start != 0 || answer.texts.empty()) answer.texts.emplace_back();
      answer.texts.back().append(reinterpret_cast<const char*>(one->txt), one->length);
    }
    if (found != nullptr) ares_free_data(found);
    answer.outcome = outcome_of(status);
    if (status != ARES_SUCCESS) answer.error = said((*question)->name, status);
    if ((*question)->worker->still_asked()) (*question)->answer(answer);
  }

  bool still_asked() {
    const std::lock_guard lock(mutex_);
    --questions_;
    return !stopping_;
  }

  void answered(const std::string& host, const Addresses& answer, std::chrono::seconds keep) {
    std::vector<std::function<void(const Addresses&)>> together;
    {
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(host);
      if (found == waiting_.end()) return;
      together = std::move(found->second);
      waiting_.erase(found);
      questions_ -= together.size();
      if (keep.count() > 0) {
        if (kept_.size() >= kMostKept) make_room();
        kept_.insert_or_assign(host, Kept{answer, Clock::now() + keep});
      }
    }
    for (const auto& one : together) one(answer);
  }

  // What is over goes; if nothing is, all: it is asked for again.
  void make_room() {
    const auto now = Clock::now();
    std::erase_if(kept_, [&](const auto& one) { return one.second.until <= now; });
    if (kept_.size() >= kMostKept) kept_.clear();
  }

  std::mutex mutex_;
  Settings settings_;
  bool renew_ = false;
  bool stopping_ = false;
  std::vector<Step> inbox_;
  std::map<std::string, std::vector<std::function<void(const Addresses&)>>> waiting_;  // by host
  std::map<std::string, Kept> kept_;
  std::size_t questions_ = 0;
  time_t system_changed_at_ = 0;  // of the thread
  int wake_fd_;
  std::thread thread_;
};

Resolver::Resolver() : worker_(std::make_unique<Worker>()) {}
Resolver::~Resolver() = default;
void Resolver::set(Settings settings) { worker_->set(std::move(settings)); }
void Resolver::addresses(std::string host, std::function<void(const Addresses&)> answer) {
  worker_->addresses(std::move(host), std::move(answer));
}
void Resolver::texts(std::string name, std::function<void(const Texts&)> answer) {
  worker_->texts(std::move(name), std::move(answer));
}

}  // namespace trellis::runtime

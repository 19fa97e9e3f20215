// The thread that listens to an isolated plugin's process, and makes another one when it ended.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <trellis/runtime/log.hpp>

#include "remote.hpp"
#include "remote_shard.hpp"

namespace trellis::isolation {

namespace log = runtime::log;

namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLastBreath{20};  // of one that closed its socket
constexpr std::chrono::seconds kGoodLife{60};
constexpr std::chrono::seconds kPatience{5};  // of the control thread
constexpr int kFramesAtOnce = 1024;

}  // namespace

void Remote::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.number(), &one, sizeof one);
}

void Remote::wait(int socket, int end, Clock::time_point until) {
  pollfd watched[] = {{wake_.number(), POLLIN, 0}, {socket, POLLIN, 0}, {end, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  poll(watched, 3, static_cast<int>(std::clamp<long long>(left, 0, 60000)));
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.number(), &count, sizeof count);
}

void Remote::supervise() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    if (process_ != nullptr) {
      look_after(*process_);
    } else {
      wait(-1, -1, over_ ? Clock::now() + kGoodLife : next_try_);
      run_tasks(nullptr);
      const std::lock_guard lock(mutex_);
      over_ = over_ || ends_at_.has_value();
    }
    if (process_ == nullptr && !over_ && Clock::now() >= next_try_) try_again();
  }
  run_tasks(nullptr);
}

void Remote::look_after(Process& process) {
  std::optional<Clock::time_point> end;
  {
    const std::lock_guard lock(mutex_);
    end = ends_at_;
  }
  wait(process.socket().number(), process.ends_at(), end.value_or(Clock::now() + kGoodLife));
  const bool lives = listen(process) && !process.dead();
  bool missing = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    missing = objects_missing_;
  }
  if (!lives) return down();
  run_tasks(&process);
  if (missing) make_objects(process, false);
  if (!end || Clock::now() < *end) return;
  over_ = true;
  on_each_shard(&RemoteShard::lost, process_);
  {
    const std::lock_guard lock(mutex_);
    running_ = 0;
  }
  take_back_gauges();
  instance_.services().metrics->add_any(counters_.up, -1);
  end_process();
}

// False once it has ended.
bool Remote::listen(Process& process) {
  for (int i = 0; i < kFramesAtOnce; ++i) {
    Frame type{};
    std::string body;
    const auto outcome = process.socket().read(type, body, Clock::now());
    if (outcome == Socket::Outcome::ended) return false;
    if (outcome == Socket::Outcome::nothing) {
      pollfd end{process.ends_at(), POLLIN, 0};
      return poll(&end, 1, 0) <= 0;
    }
    told(type, body);
  }
  wake();  // there is more, after others had their turn
  return true;
}

void Remote::on_each_shard(void (RemoteShard::*function)(std::shared_ptr<Process>),
                           const std::shared_ptr<Process>& process) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    instance_.services().shards[i]->post([shard = shards_[i], function, process] { ((*shard).*function)(process); });
  }
}

// ---- up and down

void Remote::up() {
  since_ = Clock::now();
  instance_.services().metrics->add_any(counters_.up, 1);
  {
    const std::lock_guard lock(mutex_);
    running_ = launched_;
    starting_.reset();
  }
  on_each_shard(&RemoteShard::adopt, process_);
}

void Remote::down() {
  {
    const std::lock_guard lock(mutex_);
    running_ = 0;
  }
  const bool lived = Clock::now() - since_ >= kGoodLife;
  const std::chrono::milliseconds most(instance_.isolation().restart_pause_ms);
  pause_ = lived || pause_.count() == 0 ? std::min(kFirstPause, most) : std::min(2 * pause_, most);
  next_try_ = Clock::now() + pause_;
  const std::string how = process_->wait(kLastBreath);
  on_each_shard(&RemoteShard::lost, process_);
  log::warn(
      instance_.name(), "the plugin's process ended",
      {{"how", how}, {"process", std::to_string(process_->id())}, {"again_in_ms", std::to_string(pause_.count())}});
  instance_.services().metrics->add_any(counters_.up, -1);
  take_back_gauges();
  process_.reset();
  run_tasks(nullptr);
}

void Remote::try_again() {
  std::string error;
  process_ = launch(error);
  if (process_ != nullptr && begin(*process_, error) && make_objects(*process_, true)) {
    instance_.services().metrics->add_any(counters_.restarts, 1);
    return up();
  }
  process_.reset();
  pause_ = std::min(2 * pause_, std::chrono::milliseconds(instance_.isolation().restart_pause_ms));
  next_try_ = Clock::now() + pause_;
  const std::lock_guard lock(mutex_);
  starting_.reset();
  if (!stopping_)
    log::error(instance_.name(), "the plugin cannot be started again", {{"why", instance_.concealed(error)}});
}

// Those the process has not. announce: whoever opens one from now on asks the process.
bool Remote::make_objects(Process& process, bool announce) {
  while (true) {
    std::vector<std::pair<std::uint64_t, std::string>> missing;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, object] : objects_) {
        if (std::exchange(object->made_in, launched_) != launched_) missing.emplace_back(id, object->text);
      }
      objects_missing_ = false;
      if (missing.empty() && announce) running_ = launched_;
    }
    if (missing.empty()) return true;
    for (const auto& [id, text] : missing) {
      Encoder body;
      body(id);
      body(std::string_view(text));
      std::string error;
      const Asked asked = ask(process, Frame::open, body.bytes(), error);
      if (asked == Asked::nobody) return false;
      if (asked == Asked::refused)
        log::error(instance_.name(), "the plugin's new process refuses what it had", {{"why", error}});
      const std::lock_guard lock(mutex_);
      Encoder gone;
      gone(id);
      if (!objects_.contains(id)) process.socket().write(Frame::close, gone.bytes());
    }
  }
}

// ---- what the control thread wants of it

Remote::Asked Remote::ask_supervisor(Frame type, std::string_view body, std::string& error) {
  auto task = std::make_shared<Task>();
  task->type = type;
  task->body = body;
  std::unique_lock lock(mutex_);
  if (running_ == 0) return Asked::nobody;
  tasks_.push_back(task);
  wake();
  if (!changed_.wait_for(lock, kPatience, [&] { return task->over; })) return Asked::nobody;
  error = task->error;
  return task->asked;
}

void Remote::run_tasks(Process* process) {
  std::vector<std::shared_ptr<Task>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) {
    Asked asked = Asked::nobody;
    std::string error;
    if (process != nullptr && task->type == Frame::open) asked = ask(*process, task->type, task->body, error);
    if (process != nullptr && task->type != Frame::open) process->socket().write(task->type, task->body);
    const std::lock_guard lock(mutex_);
    task->asked = asked;
    task->error = std::move(error);
    task->over = true;
    changed_.notify_all();
  }
}

}  // namespace trellis::isolation

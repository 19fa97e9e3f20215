#include "writer.hpp"

#include <fcntl.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "rotated.hpp"

namespace files {
namespace {

using common::Verdict;
using trellis::Cause;

std::chrono::milliseconds wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

Cause cause_of(trellis::Status status) {
  if (status == trellis::Status::quota) return Cause::full;
  return status == trellis::Status::unavailable ? Cause::busy : Cause::other;
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  made.events = common::DeliveryMetrics::declare(host, "trellis_handler_file");
  made.bytes = host.counter("trellis_handler_file_bytes_total", "Bytes that handler-file wrote.");
  made.syncs = host.counter("trellis_handler_file_syncs_total", "How often it waited for the medium.");
  made.rotations = host.counter("trellis_handler_file_rotations_total", "Files that were full or too old.");
  made.removed = host.counter("trellis_handler_file_removed_total", "Of those, removed to keep as many as may be.");
  made.waiting = host.gauge("trellis_handler_file_events", "Events that wait to be written.");
  return made;
}

trellis::Result<void> Writer::start() {
  root_ = Descriptor(::open(settings_.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A disk that is not mounted is not to be mistaken for an empty one.
  if (!root_) return trellis::fail("/path: " + failure("open the folder", settings_.path, errno).text);
  const std::lock_guard lock(mutex_);
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  return trellis::ok();
}

void Writer::stop() {
  decltype(waiting_) left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(waiting_);
    turns_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (auto& [name, jobs] : left) {
    for (Job& job : jobs) give_back(std::move(job), Verdict::stopped());
  }
}

std::optional<Verdict> Writer::put(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t size = job.lines.size();
    const bool full =
        events_ > 0 && (events_ + job.events.size() > settings_.waiting || bytes_ + size > settings_.waiting_bytes);
    if (stopping_ || finishing_) return Verdict::stopped();
    if (full) {
      return Verdict::later(
          Cause::busy,
          "file " + job.target->name() + ": as many events wait as the settings waiting and waiting_bytes allow",
          common::kRoomWait);
    }
    events_ += job.events.size();
    bytes_ += size;
    metrics_.waiting.add_any(static_cast<std::int64_t>(job.events.size()));
    auto& jobs = waiting_[job.target->name()];
    if (jobs.empty()) turns_.push_back(job.target->name());
    jobs.push_back(std::move(job));
  }
  wake_.notify_one();
  return std::nullopt;
}

void Writer::close(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    closing_.push_back(name);
  }
  wake_.notify_one();
}

void Writer::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  wake_.notify_one();
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto has_work = [this] { return !turns_.empty() || !closing_.empty() || !untidy_.empty(); };
    wake_.wait(lock, [&] { return stopping_ || finishing_ || has_work(); });
    if (stopping_ || !has_work()) break;
    std::vector<Job> jobs;
    if (!turns_.empty()) {
      jobs = std::move(waiting_.extract(turns_.front()).mapped());
      turns_.pop_front();
    }
    const std::vector<std::string> closing = std::exchange(closing_, {});
    lock.unlock();
    for (const std::string& name : closing) open_.erase(name);
    if (!jobs.empty()) {
      write(std::move(jobs));
    } else if (!untidy_.empty()) {
      tidy();
    }
    lock.lock();
  }
  open_.clear();
  root_ = {};
}

// All that wait for one file wait for the medium together.
void Writer::write(std::vector<Job> jobs) {
  std::vector<Job> wanted;
  for (Job& job : jobs) {
    if (!job.target->released) {
      wanted.push_back(std::move(job));
    } else {
      give_back(std::move(job), Verdict::stopped("the destination is another one now"));
    }
  }
  if (wanted.empty()) return;
  Written written;
  try {
    written = write_lines(wanted);
  } catch (const std::exception& error) {  // there was no memory for it
    written = {0, trellis::fail(error.what())};
  }
  if (!written.rest) open_.erase(wanted.front().target->name());
  settle(std::move(wanted), written);
}

// In order, until one fails: those behind it are not tried.
Writer::Written Writer::write_lines(const std::vector<Job>& jobs) {
  const Target& target = *jobs.back().target;
  auto open = opened(target);
  if (!open) return {0, open.error()};
  Written written;
  for (const Job& job : jobs) {
    written.rest = make_room(**open, target, job.lines.size());
    if (written.rest) written.rest = (*open)->file->append(job.lines);
    if (!written.rest) break;
    metrics_.bytes.add_any(static_cast<std::int64_t>(job.lines.size()));
    ++written.jobs;
  }
  if (written.jobs == 0) return written;
  metrics_.syncs.add_any();
  if (auto synced = (*open)->file->sync(); !synced) return {0, synced.error()};
  return written;
}

trellis::Result<Writer::Open*> Writer::opened(const Target& target) {
  const std::string name = target.name();
  Open& open = open_[name];
  if (open.file && open.file->is_at(root_, name)) return &open;
  open.file.reset();
  open.name = target.file;
  auto folder = open_folder(root_, target.folder.empty() ? "." : target.folder);
  if (!folder) return folder.error();
  open.folder = std::move(*folder);
  auto file = LineFile::open(open.folder, open.name);
  if (!file) return file.error();
  if (file->cut() > 0) {
    host_.log(trellis::Level::warn, "the end of a file was half a line, and is cut off",
              {{"file", name}, {"bytes", file->cut()}});
  }
  open.file.emplace(std::move(*file));
  // What was put aside before the process began may be as it was.
  tidy_later(target);
  return &open;
}

trellis::Result<void> Writer::make_room(Open& open, const Target& target, std::size_t more) {
  const auto wall = wall_now();
  if (!open.file->is_full(target, more, wall)) return trellis::ok();
  // Lines of this group may be in it, which are told to be kept behind its end.
  if (auto synced = open.file->sync(); !synced) return synced;
  auto aside = open.file->put_aside(open.folder, wall);
  if (!aside) return aside.error();
  metrics_.rotations.add_any();
  auto next = LineFile::open(open.folder, open.name);
  if (!next) return next.error();
  open.file.emplace(std::move(*next));
  // Not later: as long as events come there may be no time for it, and the disk becomes full.
  if (auto removed = keep_newest(open.folder, target.file, target.kept); !removed) complain(removed.error().text);
  if (target.compressed) tidy_later(target);
  return trellis::ok();
}

trellis::Result<void> Writer::keep_newest(const Descriptor& folder, const std::string& file, std::uint32_t kept) {
  if (kept == 0) return trellis::ok();
  const auto removed = remove_oldest(folder, file, kept);
  if (!removed) return removed.error();
  metrics_.removed.add_any(static_cast<std::int64_t>(*removed));
  return trellis::ok();
}

void Writer::tidy_later(const Target& target) {
  if (target.kept > 0 || target.compressed) {
    untidy_[target.name()] = {target.folder, target.file, target.kept, target.compressed};
  }
}

// While nobody waits: compresses what is not, and removes what is too much. One file at a time.
void Writer::tidy() {
  auto first = untidy_.extract(untidy_.begin());
  const auto more = tidy_one(first.mapped());
  if (!more) return complain(more.error().text);
  if (*more) untidy_.insert(std::move(first));
}

// Whether there may be more to do.
trellis::Result<bool> Writer::tidy_one(const Aside& aside) {
  const auto folder = open_folder(root_, aside.folder.empty() ? "." : aside.folder);
  if (!folder) return folder.error();
  if (auto removed = keep_newest(*folder, aside.file, aside.kept); !removed) return removed.error();
  const auto files = rotated_files(*folder, aside.file);
  if (!files) return files.error();
  for (const std::string& file : *files) {
    if (!aside.compressed || file.ends_with(".gz")) continue;
    if (auto done = compress(*folder, file); !done) return done.error();
    return true;
  }
  return false;
}

void Writer::settle(std::vector<Job> jobs, const Written& written) {
  for (std::size_t i = 0; i < written.jobs; ++i) {
    give_back(std::move(jobs[i]), Verdict::delivered());
  }
  if (written.rest) {
    last_complaint_.clear();
    return;
  }
  const trellis::Error& error = written.rest.error();
  complain(error.text);
  const Verdict failed = Verdict::retry(cause_of(error.status), error.text);
  for (std::size_t i = written.jobs; i < jobs.size(); ++i) give_back(std::move(jobs[i]), failed);
}

// It does not wait any more; how many events that are.
std::int64_t Writer::let_go(const Job& job) {
  const auto count = static_cast<std::int64_t>(job.events.size());
  metrics_.waiting.add_any(-count);
  const std::lock_guard lock(mutex_);
  events_ -= job.events.size();
  bytes_ -= job.lines.size();
  return count;
}

void Writer::give_back(Job job, const Verdict& verdict) {
  metrics_.events.count_any(verdict, let_go(job));
  for (trellis::Settlement& one : job.events) verdict.settle(one);
}

// Once until it is another sentence, or something works again.
void Writer::complain(const std::string& sentence) {
  if (sentence == last_complaint_) return;
  last_complaint_ = sentence;
  host_.log(trellis::Level::error, "events cannot be written into a file, and are tried again", {{"error", sentence}});
}

}  // namespace files

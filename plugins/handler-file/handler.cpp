#include "handler.hpp"

#include <algorithm>
#include <trellis/json.hpp>
#include <utility>
#include <vector>

namespace files {
namespace {

using common::Verdict;
using trellis::Settlement;

class FileDestination final : public trellis::Destination {
 public:
  FileDestination(FileHandler& owner, std::shared_ptr<Target> target) : owner_(owner), target_(std::move(target)) {
    owner_.count(target_->name(), 1);
  }
  ~FileDestination() override {
    target_->released = true;
    owner_.count(target_->name(), -1);
  }
  FileDestination(const FileDestination&) = delete;
  FileDestination& operator=(const FileDestination&) = delete;
  void deliver(trellis::DeliveryBatch batch) override { owner_.deliver(target_, batch); }

 private:
  FileHandler& owner_;
  const std::shared_ptr<Target> target_;
};

// Between the values of JSON a line's end is a blank like any other; within a text it cannot stand.
void append_line(std::string& lines, std::string_view event) {
  const std::size_t begin = lines.size();
  lines += event;
  std::replace_if(
      lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  lines += '\n';
}

}  // namespace

trellis::Result<void> FileHandler::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  return trellis::ok();
}

trellis::Result<void> FileHandler::start() {
  metrics_ = Metrics::declare(host());
  writer_ = std::make_unique<Writer>(host(), settings_, metrics_);
  return writer_->start();
}

// Destinations that are still open are written to.
void FileHandler::drain(std::chrono::milliseconds) {
  const std::lock_guard lock(mutex_);
  drained_ = true;
  if (destinations_.empty()) writer_->finish();
}

void FileHandler::stop() {
  if (writer_ != nullptr) writer_->stop();
}

trellis::Result<std::unique_ptr<trellis::Destination>> FileHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination);
  if (!target) return target.error();
  return std::make_unique<FileDestination>(*this, std::move(*target));
}

void FileHandler::count(const std::string& file, int change) {
  const std::lock_guard lock(mutex_);
  int& there = destinations_[file];
  there += change;
  if (there > 0) return;
  destinations_.erase(file);
  if (writer_ == nullptr) return;
  writer_->close(file);
  if (drained_ && destinations_.empty()) writer_->finish();
}

void FileHandler::deliver(const std::shared_ptr<const Target>& target, const trellis::DeliveryBatch& batch) {
  Writer::Job job{target, {}, {}};
  std::vector<Settlement> wrong;
  const auto settle = [&](std::vector<Settlement>& events, const Verdict& verdict) {
    metrics_.events.count(batch.shard(), verdict, static_cast<std::int64_t>(events.size()));
    for (Settlement& one : events) verdict.settle(one);
  };
  batch.each([&](trellis::Delivery& delivery) {
    const std::string_view event = delivery.message().payload();
    const bool right = target->checked_before || trellis::json::parse(event).has_value();
    if (right) append_line(job.lines, event);
    (right ? job.events : wrong).push_back(std::move(static_cast<Settlement&>(delivery)));
  });
  if (!wrong.empty()) {
    settle(wrong, Verdict::refused(trellis::Cause::bad_request,
                                   "file " + target->name() + ": the message is no JSON, which its lines are"));
  }
  if (job.events.empty()) return;
  if (const auto left = writer_->put(job)) settle(job.events, *left);
}

}  // namespace files

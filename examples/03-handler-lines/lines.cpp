#include "lines.hpp"

#include <fstream>

/// The destination of one subscription.
class Lines::File final : public trellis::Destination {
 public:
  File(Lines& handler, std::string name) : handler_(handler), name_(std::move(name)) {}

  void deliver(trellis::DeliveryBatch batch) override {
    batch.each([&](trellis::Delivery& delivery) { handler_.add({name_, delivery.keep()}); });
  }

 private:
  Lines& handler_;
  std::string name_;
};

trellis::Result<std::unique_ptr<trellis::Destination>> Lines::open(const trellis::Config& destination) {
  const auto properties = destination.find("properties");
  if (!properties || !properties->contains("file"))
    return trellis::fail("/properties/file: is missing; it names the file to append to");
  return std::make_unique<File>(*this, properties->text("file"));
}

trellis::Result<void> Lines::start() {
  writer_ = std::thread([this] { write_all(); });
  return trellis::ok();
}

// Called in any state, possibly twice.
void Lines::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (writer_.joinable()) writer_.join();
}

void Lines::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void Lines::write_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
    // What is left at the end is written too.
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    write(job);
    lock.lock();
  }
}

void Lines::write(Job& job) {
  std::ofstream out(job.file, std::ios::app | std::ios::binary);
  const trellis::Message message = job.delivery.message();
  out << message.topic() << ' ' << message.payload() << '\n' << std::flush;
  if (out) {
    job.delivery.delivered();
  } else {
    // It is tried again by the subscription's schedule.
    job.delivery.retry("cannot write " + job.file);
  }
}

TRELLIS_PLUGIN(Lines)

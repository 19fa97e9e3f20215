// One plugin, built in every way of the matrix: it uses what differs between compilers and standard libraries on its
// own side (strings, containers, streams, exceptions, threads), and says over HTTP what came of it.
#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <trellis/message.hpp>
#include <trellis/service.hpp>
#include <vector>

namespace {

class Probe final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-probe",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Answers in every way a service can.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_SERVICE, TRELLIS_HOST_PUBLISH, TRELLIS_HOST_LOOP},
  };

  struct ShardState {
    std::vector<trellis::Timer> timers;
  };

  static trellis::Schema schema() {
    return trellis::Schema{}
        .texts("words", {.help = "Said again, sorted.", .fallback = "[]"})
        .duration("delay", {.help = "Before a late answer.", .fallback = "5ms"});
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    words_ = config.texts("words");
    delay_ = config.milliseconds("delay");
    for (const std::string& word : words_) {
      if (word == "never") throw std::invalid_argument("the word \"never\" is not allowed");
    }
    return trellis::ok();
  }

  trellis::Result<void> start() override {
    requests_ = host().counter("probe_requests_total", "Requests the probe answered.");
    return trellis::ok();
  }

  void stop() override {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    requests_.add(request.shard());
    if (request.path() == "/echo") {
      reply.send({.body = request.body(), .headers = {{"x-probe", request.header("x-probe")}}});
    } else if (request.path() == "/words") {
      reply.text(sorted_words());
    } else if (request.path() == "/throw") {
      throw std::runtime_error("thrown on purpose");
    } else if (request.path() == "/timer") {
      answer_by_timer(request.shard(), std::move(reply));
    } else if (request.path() == "/thread") {
      answer_by_thread(std::move(reply));
    } else if (request.path() == "/publish") {
      const auto status = trellis::publish(request.shard(), "default",
                                           trellis::Publication("probe/said", request.body()).qos(1).retain(), "probe");
      reply.text(status == trellis::Status::no_match ? "nobody listened\n" : "published\n");
    } else {
      reply.text("no such probe\n", 404);
    }
  }

 private:
  std::string sorted_words() const {
    std::map<std::size_t, std::vector<std::string>> by_length;
    for (const std::string& word : words_) by_length[word.size()].push_back(word);
    std::ostringstream out;
    for (auto& [length, words] : by_length) {
      std::sort(words.begin(), words.end());
      out << length << ':';
      for (const std::string& word : words) out << ' ' << word;
      out << '\n';
    }
    return out.str();
  }

  void answer_by_timer(const trellis::Shard& shard, trellis::Reply reply) const {
    auto kept = std::make_shared<trellis::Reply>(std::move(reply));
    shard.state<ShardState>().timers.push_back(shard.after(delay_, [kept] { kept->text("by timer\n"); }));
  }

  void answer_by_thread(trellis::Reply reply) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, mine = std::move(reply)]() mutable {
      std::this_thread::sleep_for(delay_);
      mine.text("by thread\n");
    });
  }

  std::vector<std::string> words_;
  std::chrono::milliseconds delay_{0};
  trellis::Metric requests_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace

TRELLIS_PLUGIN(Probe)

// The plugin with a topic "dead" and a folder that dead letters go to.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "events_bench.hpp"
#include "temporary_folder.hpp"

namespace events_service::testing {

/// Where they go.
enum class To { topic, file };

inline std::string destination(To to) {
  const std::string_view what = to == To::topic ? R"("endpointType":"NamespaceTopic","properties":{"topicName":"dead"})"
                                                : R"("endpointType":"File")";
  return R"("deadLetterDestinationWithResourceIdentity":{"identity":{"type":"SystemAssigned"},)"
         R"("deadLetterDestination":{)" +
         std::string(what) + "}}";
}

/// A dead letter, wherever it went.
struct Letter {
  std::string event;  ///< as it was published
  std::string reason;
  std::int64_t attempts = 0;
  std::string published;
  std::string last;
  std::string source;
};

class LettersBench {
 public:
  explicit LettersBench(To to = To::file, std::string_view more = "", std::uint32_t shards = 1,
                        std::string_view settings = "", std::string_view letters = "")
      : to_(to),
        bench(R"({"dead_letters":{"path":")" + folder.path() + "\"" + std::string(letters) + "}" +
                  std::string(settings) + "}",
              shards) {
    bench.put("topics", "dead");
    bench.put("eventSubscriptions", "dead/all");
    subscribe(more);
  }

  /// more: further members of deliveryConfiguration.queue, each with a comma before it.
  void subscribe(std::string_view more = "") {
    bench.put("eventSubscriptions", "orders/audit",
              R"({"deliveryConfiguration":{"queue":{)" + destination(to_) + std::string(more) + "}}}");
  }
  /// Publishes, receives and rejects.
  void reject(std::string_view id) {
    ASSERT_EQ(bench.publish(EventsBench::event(id)).status(), 200u);
    const auto all = bench.receive(1);
    ASSERT_EQ(all.size(), 1u);
    ASSERT_EQ(bench.settled("reject", {all[0].token}), 1u);
  }
  /// Waits until so many are kept.
  void kept(std::int64_t count) {
    EXPECT_TRUE(bench.host.wait([&] { return success() == count; })) << success();
  }
  void failed(std::int64_t count) {
    EXPECT_TRUE(bench.host.wait([&] { return failure() == count; })) << failure();
  }
  std::int64_t success() { return bench.host.metric("trellis_events_dead_lettered_total", R"(outcome="success")"); }
  std::int64_t failure() { return bench.host.metric("trellis_events_dead_lettered_total", R"(outcome="failure")"); }

  std::vector<Letter> letters() { return to_ == To::topic ? letters_in_topic() : letters_in_files(); }
  std::vector<std::string> files() const {
    std::vector<std::string> paths;
    for (const auto& one : std::filesystem::recursive_directory_iterator(folder.path())) {
      if (one.is_regular_file()) paths.push_back(one.path().string());
    }
    // By their names, which begin with the time.
    std::ranges::sort(paths, {}, [](const std::string& path) { return std::filesystem::path(path).filename(); });
    return paths;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::vector<Received> receive(std::string_view topic, std::string_view subscription) {
    const auto watch =
        bench.post("/topics/" + std::string(topic) + "/eventsubscriptions/" + std::string(subscription) + ":receive",
                   "maxEvents=100&maxWaitTime=10", "");
    if (!watch.answered()) bench.host.advance(std::chrono::seconds(11));
    return EventsBench::read(watch);
  }
  /// The answer, which may come from the plugin's thread.
  ResponseWatch ask(std::string_view method, std::string_view path, std::string_view query = "",
                    std::uint32_t shard = 0) {
    auto watch = bench.request(method, path, query, "", "application/json", {}, shard);
    EXPECT_TRUE(bench.host.wait([&] { return watch.answered(); }));
    return watch;
  }

 private:
  std::vector<Letter> letters_in_topic() {
    std::vector<Letter> all;
    for (const Received& one : receive("dead", "all")) {
      const auto event = trellis::Config::parse(one.event).value();
      std::string before = one.event.substr(0, one.event.find(R"(,"deadletterreason")")) + "}";
      all.push_back({std::move(before), event.text("deadletterreason"), event.integer("deliveryattempts"),
                     event.text("publishutc"), event.text("deliveryattemptutc"), event.text("deadlettersource")});
    }
    return all;
  }
  std::vector<Letter> letters_in_files() const {
    std::vector<Letter> all;
    for (const std::string& path : files()) {
      const auto array = trellis::Config::parse(text_of(path));
      if (!array) {
        ADD_FAILURE() << path << ": " << array.error().text;
        continue;
      }
      for (const trellis::Config& one : array->items()) {
        const auto why = one.object("deadLetterProperties");
        EXPECT_FALSE(why.text("deliveryresult").empty());
        all.push_back({std::string(one.object("event").json()), why.text("deadletterreason"),
                       why.integer("deliveryattempts"), why.text("publishutc"), why.text("deliveryattemptutc"),
                       "orders/audit"});
      }
    }
    return all;
  }

  To to_;

 public:
  TemporaryFolder folder;
  EventsBench bench;
};

}  // namespace events_service::testing

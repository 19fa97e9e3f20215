// handler-file and a folder that is there only now and then.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "delivered_site.hpp"

namespace trellis::testing {
namespace {

class FileSite : public DeliveredSite {
 protected:
  void start_files(const std::string& properties = "", const std::string& push = "") {
    std::filesystem::create_directory(path());
    deliver_to(R"("handler-file": {"config": {"path": ")" + path() + R"("}},)",
               R"({"endpointType": "File", "properties": {"directory": "shop", "fileName": "orders.jsonl")" +
                   properties + "}}",
               push);
  }
  std::string path() const { return own_.path() + "/events"; }
  /// The first arrival of each event, files in order of their time.
  std::vector<Arrived> arrived() const {
    std::vector<std::string> files;
    for (const auto& one : std::filesystem::recursive_directory_iterator(path())) {
      if (one.is_regular_file()) files.push_back(one.path().string());
    }
    std::ranges::sort(files);
    // The one without a time is the newest.
    if (!files.empty()) std::ranges::rotate(files, files.begin() + 1);
    std::vector<Arrived> all;
    for (const std::string& file : files) {
      std::ifstream lines(file);
      for (std::string line; std::getline(lines, line);) {
        EXPECT_TRUE(line.starts_with('{') && line.ends_with("}}")) << line;
        all.push_back({std::stoul(text_behind(line, R"("id":")")), text_behind(line, R"("subject":")")});
      }
    }
    return all;
  }
  static std::string text_behind(const std::string& event, const std::string& member) {
    const std::size_t begin = event.find(member) + member.size();
    return event.substr(begin, event.find('"', begin) - begin);
  }

  TemporaryDirectory own_;
};

TEST_F(FileSite, HasEverythingAfterTheFolderWasAwayAndTheBrokerWasKilled) {
  start_files(R"(, "maxBytes": "128KiB", "keep": 0, "maxEventsPerBatch": 50)");
  publish(kEvents / 4);
  ASSERT_TRUE(eventually([this] { return delivered() > 0; }));
  // Something else stands where the file was.
  std::filesystem::rename(path() + "/shop", own_.path() + "/away");
  std::ofstream(path() + "/shop") << "no folder";
  deliver_elsewhere(R"({"endpointType": "File", "properties": {"directory": "shop", "fileName": "orders.jsonl",
                    "maxBytes": "128KiB", "keep": 0, "maxEventsPerBatch": 49}})");
  publish(kEvents / 4);
  EXPECT_TRUE(eventually([this] { return metrics().sum("trellis_handler_file_failures_total") > 0; }));
  std::filesystem::remove(path() + "/shop");
  std::filesystem::rename(own_.path() + "/away", path() + "/shop");
  publish(kEvents / 4);
  broker().start_again(SIGKILL);
  publish(kEvents / 4);
  std::set<std::size_t> numbers;
  EXPECT_TRUE(eventually(
      [&] {
        for (const Arrived& one : arrived()) numbers.insert(one.number);
        return numbers.size() == kEvents;
      },
      std::chrono::seconds(60)));
  auto all = arrived();
  std::ranges::sort(all, {}, &Arrived::number);
  expect_complete(all, kEvents);
  EXPECT_EQ(refused(), 0);
}

TEST_F(FileSite, KeepsTheOrderOfEachKey) {
  start_files("", R"("orderBy": "subject")");
  publish(2000);
  ASSERT_TRUE(all_delivered());
  expect_complete(arrived(), 2000);
}

}  // namespace
}  // namespace trellis::testing

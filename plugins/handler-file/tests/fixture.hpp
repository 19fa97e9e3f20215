// The plugin in a TestHost, with a folder of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "handler.hpp"

namespace files::testing {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    path_ = ::testing::TempDir() + "trellis-files-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot create " << path_;
  }
  ~FilesTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  /// properties: further ones, with their comma in front.
  static std::string block(const std::string& properties = {}) {
    return R"({"endpointType": "File", "properties": {"fileName": "orders.jsonl")" + properties +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "file"}})";
  }
  trellis::testing::HandlerDriver load(const std::string& more = {}) {
    return host_.load<FileHandler>(R"({"path": ")" + path_ + "\"" + more + "}");
  }
  /// What becomes of one event.
  DeliveryWatch written(const OpenDestination& destination, const std::string& event) {
    const auto watch = destination.deliver(std::vector<Sample>{{.payload = event}}).front();
    EXPECT_TRUE(host_.wait([&] { return watch.outcome() != Settled::waiting; }));
    return watch;
  }
  std::string text(const std::string& file = "orders.jsonl") const {
    std::ostringstream out;
    out << std::ifstream(path_ + "/" + file, std::ios::binary).rdbuf();
    return out.str();
  }
  void put(const std::string& file, const std::string& text) const {
    std::ofstream(path_ + "/" + file, std::ios::binary) << text;
  }
  /// In their order.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& one : std::filesystem::directory_iterator(path_)) all.push_back(one.path().filename().string());
    std::ranges::sort(all);
    return all;
  }
  std::int64_t metric(const std::string& name, const std::string& labels = {}) const {
    return host_.metric("trellis_handler_file_" + name, labels);
  }

  std::string path_;
  TestHost host_;
};

}  // namespace files::testing

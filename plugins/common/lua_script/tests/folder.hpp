// A folder with the script of a plugin under test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace lua::testing {

class ScriptFolder : public ::testing::Test {
 protected:
  ScriptFolder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("lua-") + test->test_suite_name() + test->name() + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~ScriptFolder() override { std::filesystem::remove_all(folder_); }

  /// Beside the old one and then in its place, as an editor does.
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / (name + ".new")) << text;
    std::filesystem::rename(folder_ / (name + ".new"), folder_ / name);
  }
  std::string settings(const std::string& more = "") const { return of("0s", more); }
  std::string watched(const std::string& more = "") const { return of("5ms", more); }

  std::filesystem::path folder_;

 private:
  std::string of(const std::string& watch_interval, const std::string& more) const {
    return R"({"script": ")" + (folder_ / "rule.lua").string() + R"(", "watch_interval": ")" + watch_interval + "\"" +
           (more.empty() ? "" : ", " + more) + "}";
  }
};

/// Of the metrics of that script.
constexpr const char* kLabel = R"(script="rule.lua")";

}  // namespace lua::testing

// Log lines: levels, both forms, and that nobody can forge one.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <trellis/runtime/log.hpp>
#include <trellis/schema/quoted.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// Starts and stops the writer around each test; what was written comes from stderr.
class Log : public ::testing::Test {
 protected:
  void TearDown() override { log::set({}); }
  static std::string written(const log::Settings& settings, const std::function<void()>& write) {
    ::testing::internal::CaptureStderr();
    log::start(settings);
    write();
    log::stop();
    return ::testing::internal::GetCapturedStderr();
  }
  static std::string as_text(const std::function<void()>& write) { return written({}, write); }
  static std::string as_json(const std::function<void()>& write) { return written({.json = true}, write); }
};

TEST_F(Log, TextIsOneLineWithTimeLevelAndFields) {
  const std::string line = as_text([] { log::info("net", "listening", {{"listener", "main"}, {"port", "1883"}}); });
  EXPECT_THAT(line, MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z info  net: listening "
                                 "listener=main port=1883\n"));
}

TEST_F(Log, TextQuotesValuesThatWouldBlur) {
  const std::string line = as_text([] {
    log::info("net", "x", {{"a", "two words"}, {"b", ""}, {"c", "k=v"}, {"d", "say \"hi\""}, {"e", "back\\slash"}});
  });
  EXPECT_THAT(line, EndsWith("x a=\"two words\" b=\"\" c=\"k=v\" d=\"say \\\"hi\\\"\" e=\"back\\\\slash\"\n"));
}

TEST_F(Log, TextShowsControlCharactersInsteadOfObeyingThem) {
  const std::string line = as_text([] {
    log::info("net", "client \x1b[2J\r\nfake line", {{"client_id", "a\nb\x7f\tc"}});
  });
  EXPECT_THAT(line, EndsWith("\"client \\x1b[2J\\r\\nfake line\" client_id=\"a\\nb\\u007f\\u0009c\"\n"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(Log, TextLeavesUtf8AsItIs) {
  EXPECT_THAT(as_text([] { log::info("net", "grüße", {{"topic", "küche/°C"}}); }), EndsWith("grüße topic=küche/°C\n"));
}

TEST_F(Log, BytesThatAreNoTextAreShownAsSuch) {
  const auto write = [] {
    log::info("net",
              "a\xff"
              "b",
              {{"topic",
                "\x9b"
                "2J\xe2\x82"}});
  };
  EXPECT_THAT(as_text(write), EndsWith("\"a\\xffb\" topic=\"\uFFFD2J\uFFFD\uFFFD\"\n"));
  EXPECT_THAT(as_json(write), EndsWith("\"message\":\"a\uFFFDb\",\"topic\":\"\uFFFD2J\uFFFD\uFFFD\"}\n"));
}

TEST_F(Log, JsonIsOneObjectPerLine) {
  const std::string line = as_json([] { log::warn("net", "listening", {{"listener", "main"}}); });
  EXPECT_THAT(line, MatchesRegex("\\{\"time\":\"[-0-9T:.]+Z\",\"level\":\"warn\",\"component\":\"net\",\"message\":"
                                 "\"listening\",\"listener\":\"main\"\\}\n"));
}

TEST_F(Log, JsonEscapesEveryPart) {
  const std::string line = as_json([] { log::error("we\"ird", "a\nb", {{"na\"me", "\x01\\"}}); });
  EXPECT_THAT(line, HasSubstr(R"("component":"we\"ird","message":"a\nb","na\"me":"\u0001\\"})"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(Log, JsonStringsAreQuotedAndEscaped) {
  EXPECT_EQ(schema::quoted(""), R"("")");
  EXPECT_EQ(schema::quoted("a/b"), R"("a/b")");
  EXPECT_EQ(schema::quoted(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(schema::quoted("\"\\\t\x7f"), R"("\"\\\u0009\u007f")");
  EXPECT_EQ(schema::quoted("ü"), "\"ü\"");
}

TEST_F(Log, WritesWhatReachesTheLevelOnly) {
  const std::string lines = written({.level = log::Level::warn}, [] {
    EXPECT_FALSE(log::enabled("net", log::Level::info));
    EXPECT_TRUE(log::enabled("net", log::Level::warn));
    log::info("net", "quiet");
    log::error("net", "loud");
  });
  EXPECT_THAT(lines, HasSubstr("loud"));
  EXPECT_THAT(lines, Not(HasSubstr("quiet")));
}

TEST_F(Log, ComponentsMayHaveALevelOfTheirOwn) {
  log::set({.levels = {{"acl", log::Level::debug}, {"chatty", log::Level::off}}});
  EXPECT_TRUE(log::enabled("acl", log::Level::debug));
  EXPECT_FALSE(log::enabled("acl", log::Level::trace));
  EXPECT_FALSE(log::enabled("chatty", log::Level::error));
  EXPECT_FALSE(log::enabled("other", log::Level::debug));
  EXPECT_TRUE(log::enabled("other", log::Level::info));
  log::set({});
  EXPECT_FALSE(log::enabled("acl", log::Level::debug));
  EXPECT_TRUE(log::enabled("chatty", log::Level::error));
}

TEST_F(Log, LevelsHaveNames) {
  log::Level level = log::Level::info;
  EXPECT_TRUE(log::parse_level("trace", level));
  EXPECT_EQ(level, log::Level::trace);
  EXPECT_TRUE(log::parse_level("off", level));
  EXPECT_EQ(level, log::Level::off);
  for (const char* none : {"", "?", "INFO", "warning", "info "}) EXPECT_FALSE(log::parse_level(none, level)) << none;
  EXPECT_EQ(level, log::Level::off) << "untouched by what is no level";
}

TEST_F(Log, WritesAtOnceBeforeStartAndAfterStop) {
  ::testing::internal::CaptureStderr();
  log::info("app", "early");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), EndsWith("app: early\n"));
}

TEST_F(Log, LinesOfSeveralThreadsStayWhole) {
  const std::string lines = as_text([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) log::info("net", "whole line", {{"end", "here"}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  std::size_t whole = 0;
  for (std::size_t at = 0; (at = lines.find("net: whole line end=here\n", at)) != std::string::npos; ++at) ++whole;
  EXPECT_EQ(whole, 200u);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 200);
}

TEST_F(Log, WhatMayComeWithEveryMessageIsWrittenSeldom) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string lines = as_text([&] {
    const auto say = [&](std::string_view text, std::string_view stage, int second) {
      log::seldom("route", log::Level::warn, text, {{"stage", stage}}, begin + std::chrono::seconds(second));
    };
    for (const int second : {0, 5, 9, 10, 19}) say("again and again", "one", second);
    say("again and again", "other", 1);
    say("something else", "one", 1);
  });
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  EXPECT_THAT(lines, HasSubstr("again and again stage=one not_logged=2\n"));
  EXPECT_THAT(lines, HasSubstr("again and again stage=one\n"));
  EXPECT_THAT(lines, HasSubstr("again and again stage=other\n"));
  EXPECT_THAT(lines, HasSubstr("something else stage=one\n"));
}

}  // namespace
}  // namespace trellis::runtime

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <trellis/runtime/resolver.hpp>

#include "support/name_server.hpp"

namespace trellis::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Outcome = Resolver::Outcome;

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() { resolver_.set({{server_.address()}, 300, 1}); }

  Resolver::Addresses addresses(const std::string& host) {
    std::promise<Resolver::Addresses> answer;
    resolver_.addresses(host, [&](const Resolver::Addresses& found) { answer.set_value(found); });
    return answer.get_future().get();
  }
  Resolver::Texts texts(const std::string& name) {
    std::promise<Resolver::Texts> answer;
    resolver_.texts(name, [&](const Resolver::Texts& found) { answer.set_value(found); });
    return answer.get_future().get();
  }
  static std::vector<std::string> said(const Resolver::Addresses& found) {
    std::vector<std::string> texts;
    for (const Address& address : found.addresses) texts.push_back(address.text());
    return texts;
  }

  trellis::testing::NameServer server_;
  Resolver resolver_;
};

TEST_F(ResolverTest, FindsAddressesOfBothFamilies) {
  server_.set_addresses("both.example", {"192.0.2.7", "2001:db8::7"});
  const auto found = addresses("both.example");
  EXPECT_EQ(found.outcome, Outcome::found);
  EXPECT_THAT(said(found), ::testing::UnorderedElementsAre("192.0.2.7:0", "[2001:db8::7]:0"));
}

TEST_F(ResolverTest, KeepsWhatItFoundAsLongAsTheServerSays) {
  server_.set_addresses("kept.example", {"192.0.2.1"}, 3600);
  server_.set_addresses("short.example", {"192.0.2.1"}, 1);
  (void)addresses("kept.example");
  (void)addresses("short.example");
  const std::size_t kept = server_.asked("kept.example");
  const std::size_t before = server_.asked("short.example");
  server_.set_addresses("short.example", {"192.0.2.2"}, 1);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::vector<std::string> now;
  while (now != std::vector<std::string>{"192.0.2.2:0"} && std::chrono::steady_clock::now() < deadline) {
    now = said(addresses("short.example"));
  }
  EXPECT_THAT(now, ElementsAre("192.0.2.2:0"));
  EXPECT_GT(server_.asked("short.example"), before);
  (void)addresses("kept.example");
  EXPECT_EQ(server_.asked("kept.example"), kept);
}

TEST_F(ResolverTest, ANameThatIsNotThereIsSaidAndKept) {
  const auto found = addresses("nowhere.example");
  EXPECT_EQ(found.outcome, Outcome::none);
  EXPECT_EQ(found.error, "the name \"nowhere.example\" is not known");
  const std::size_t asked = server_.asked("nowhere.example");
  (void)addresses("nowhere.example");
  EXPECT_EQ(server_.asked("nowhere.example"), asked);
}

TEST_F(ResolverTest, AServerThatDoesNotAnswerIsUnavailable) {
  server_.be_silent();
  const auto found = addresses("slow.example");
  EXPECT_EQ(found.outcome, Outcome::unavailable);
  EXPECT_THAT(found.error, HasSubstr("no name server answers about \"slow.example\""));
}

TEST_F(ResolverTest, QuestionsAboutOneNameAreAskedOnce) {
  server_.set_addresses("busy.example", {"192.0.2.1"});
  std::vector<std::promise<void>> answers(50);
  for (auto& answer : answers) {
    resolver_.addresses("busy.example", [&](const Resolver::Addresses&) { answer.set_value(); });
  }
  for (auto& answer : answers) answer.get_future().get();
  EXPECT_LE(server_.asked("busy.example"), 2U) << "one for each family";
}

TEST_F(ResolverTest, FindsTexts) {
  const std::string big(300, 'x');
  server_.set_texts("_eg.example.com", {"one", big});
  EXPECT_THAT(texts("_eg.example.com").texts, ElementsAre("one", big));
  EXPECT_EQ(texts("nothing.example.com").outcome, Outcome::none);
  server_.be_silent();
  EXPECT_EQ(texts("_eg.example.com").outcome, Outcome::unavailable);
}

TEST_F(ResolverTest, OtherServersAreAskedOnceTheyAreSet) {
  server_.set_addresses("moved.example", {"192.0.2.1"});
  EXPECT_THAT(said(addresses("moved.example")), ElementsAre("192.0.2.1:0"));
  trellis::testing::NameServer other;
  other.set_addresses("moved.example", {"192.0.2.2"});
  resolver_.set({{other.address()}, 300, 1});
  EXPECT_THAT(said(addresses("moved.example")), ElementsAre("192.0.2.2:0"));
}

TEST_F(ResolverTest, ServersThatCannotBeUsedAreSaid) {
  resolver_.set({{"nonsense"}, 300, 1});
  EXPECT_EQ(addresses("a.example").outcome, Outcome::unavailable);
  EXPECT_EQ(texts("a.example").outcome, Outcome::unavailable);
}

TEST(ResolverAlone, GoesWhileQuestionsAreOpen) {
  trellis::testing::NameServer server;
  server.be_silent();
  {
    Resolver resolver;
    resolver.set({{server.address()}, 10'000, 1});
    resolver.addresses("never.example", [](const auto&) { FAIL() << "answered"; });
    resolver.texts("never.example", [](const auto&) { FAIL() << "answered"; });
  }
}

}  // namespace
}  // namespace trellis::runtime

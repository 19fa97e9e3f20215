// The example's rules mean what their comments say.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "rules.hpp"

namespace acl {
namespace {

TEST(Example, MeansWhatItSays) {
  std::ostringstream text;
  text << std::ifstream(TRELLIS_EXAMPLE).rdbuf();
  std::vector<std::string> errors;
  const RuleSet set = RuleSet::parse(text.str(), "acl", errors);
  ASSERT_TRUE(errors.empty()) << errors.front();
  const auto ask = [&](Action action, std::string_view topic, std::string_view client, std::string_view user) {
    return set.decide(action, topic, {.client_id = client, .username = user}, SubscribeRule::any) == Verdict::allow;
  };
  EXPECT_TRUE(ask(Action::receive, "public/news", "x", ""));
  EXPECT_FALSE(ask(Action::publish, "public/news", "x", ""));
  EXPECT_TRUE(ask(Action::receive, "$SYS/broker/uptime", "x", "ada"));
  EXPECT_TRUE(ask(Action::publish, "anything/else", "x", "ada"));
  EXPECT_FALSE(ask(Action::receive, "private/bob/x", "x", "ada"));
  EXPECT_TRUE(ask(Action::receive, "private/bob/x", "x", "bob"));
  EXPECT_TRUE(ask(Action::publish, "sensors/7/temperature", "x", "gateway"));
  EXPECT_FALSE(ask(Action::receive, "sensors/7/temperature", "x", "gateway"));
  EXPECT_TRUE(ask(Action::publish, "devices/d1/out/log", "d1", ""));
  EXPECT_FALSE(ask(Action::publish, "devices/d2/out/log", "d1", ""));
}

}  // namespace
}  // namespace acl

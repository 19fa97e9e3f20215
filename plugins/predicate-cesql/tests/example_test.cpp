// The filters of the example mean what their names say.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <trellis/testing/test_host.hpp>

#include "predicate.hpp"

namespace cesql::testing {
namespace {

/// Filters by the name of their subscription. They stand in the example as comments, for want of a handler that every
/// installation has.
std::map<std::string, std::string> filters() {
  std::ifstream file(TRELLIS_EXAMPLE);
  std::string text = "{\"subscriptions\": [";
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find("//   ");
    if (begin != std::string::npos) text += line.substr(begin + 2) + "\n";
  }
  const auto config = trellis::Config::parse(text + "]}").value();
  std::map<std::string, std::string> found;
  for (const auto& subscription : config.list("subscriptions")) {
    found[subscription.text("name")] = subscription.object("predicate").object("filter").json();
  }
  return found;
}

trellis::testing::Sample event(std::string type, std::string subject, std::string level) {
  return {.topic = "ovens/3",
          .user_properties = {{"specversion", "1.0"},
                              {"id", "7"},
                              {"source", "/ovens/3"},
                              {"type", std::move(type)},
                              {"subject", std::move(subject)},
                              {"level", std::move(level)}}};
}

TEST(Example, MeansWhatItSays) {
  trellis::testing::TestHost host;
  auto plugin = host.load<CesqlPredicate>();
  const auto texts = filters();
  const auto hot = plugin.compile(texts.at("hot"));
  EXPECT_TRUE(hot.matches(event("org.example.baked", "pie", "230")));
  EXPECT_FALSE(hot.matches(event("org.example.baked", "pie", "220")));
  EXPECT_FALSE(hot.matches(event("com.example.baked", "pie", "230")));
  const auto bread = plugin.compile(texts.at("bread"));
  EXPECT_TRUE(bread.matches(event("org.example.baked", "Rolls", "1")));
  EXPECT_TRUE(bread.matches(event("org.example.baked", "rye-bread", "1")));
  EXPECT_FALSE(bread.matches(event("org.example.raw", "Rolls", "1")));
  EXPECT_FALSE(bread.matches(event("org.example.baked", "pie", "1")));
}

}  // namespace
}  // namespace cesql::testing

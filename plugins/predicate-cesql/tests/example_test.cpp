// The filters of the example mean what their names say.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <trellis/testing/test_host.hpp>

#include "predicate.hpp"

namespace cesql::testing {
namespace {

/// Filters by the name of their route.
std::map<std::string, std::string> filters() {
  std::ifstream file(TRELLIS_EXAMPLE);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto resources = trellis::Config::parse(text).value();
  std::map<std::string, std::string> found;
  for (const auto& [name, route] : resources.object("routes").members()) {
    found[name] = route.object("predicate").object("filter").json();
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

// Which names a host is known by.
#include <gtest/gtest.h>

#include <trellis/host_names.hpp>

namespace trellis {
namespace {

TEST(HostNames, AreKnownInWhateverCase) {
  HostNames<int> names;
  EXPECT_TRUE(names.empty());
  names.add("mqtt.Example.com", 1);
  names.add("localhost", 2);
  EXPECT_FALSE(names.empty());
  EXPECT_EQ(*names.find("MQTT.example.COM"), 1);
  EXPECT_EQ(*names.find("LocalHost"), 2);
  EXPECT_EQ(names.find("example.com"), nullptr);
  EXPECT_EQ(names.find(""), nullptr);
}

TEST(HostNames, AWildcardStandsForOneLabel) {
  HostNames<int> names;
  names.add("*.example.com", 1);
  names.add("special.example.com", 2);
  EXPECT_EQ(*names.find("a.example.com"), 1);
  EXPECT_EQ(*names.find("special.example.com"), 2);
  EXPECT_EQ(names.find("a.b.example.com"), nullptr);
  EXPECT_EQ(names.find("example.com"), nullptr);
}

TEST(HostNames, TheFirstOfEqualNamesStays) {
  HostNames<int> names;
  names.add("a", 1);
  names.add("A", 2);
  EXPECT_EQ(*names.find("a"), 1);
}

}  // namespace
}  // namespace trellis

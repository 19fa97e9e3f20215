#include "lines.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <trellis/testing/test_host.hpp>

namespace {

using trellis::testing::Outcome;

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string destination(const std::string& path) {
  return R"({"endpointType": "Plugin", "properties": {"file": ")" + path + "\"}}";
}

TEST(Lines, AppendsAndThenSettles) {
  const std::string path = testing::TempDir() + "lines_test.txt";
  std::filesystem::remove(path);
  trellis::testing::TestHost host;
  auto file = host.load<Lines>().open(destination(path));

  const auto first = file.deliver("boiler/temp", "21");
  const auto second = file.deliver("boiler/temp", "22");
  ASSERT_TRUE(host.wait([&] { return second.outcome() != Outcome::waiting; }));

  EXPECT_EQ(first.outcome(), Outcome::delivered);
  EXPECT_EQ(second.outcome(), Outcome::delivered);
  EXPECT_EQ(read(path), "boiler/temp 21\nboiler/temp 22\n");
}

TEST(Lines, AsksToTryAgainWhereItCannotWrite) {
  trellis::testing::TestHost host;
  auto file = host.load<Lines>().open(destination("/no/such/folder/lines.txt"));

  const auto delivery = file.deliver("t", "x");
  ASSERT_TRUE(host.wait([&] { return delivery.outcome() != Outcome::waiting; }));
  EXPECT_EQ(delivery.outcome(), Outcome::retry);
  EXPECT_EQ(delivery.reason(), "cannot write /no/such/folder/lines.txt");
}

TEST(Lines, NeedsAFile) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.load<Lines>().refusal("{}"), "/properties/file: is missing; it names the file to append to");
}

}  // namespace

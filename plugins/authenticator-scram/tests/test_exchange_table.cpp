// How many exchanges there may be, and for how long.
#include <gtest/gtest.h>

#include "exchange_table.hpp"

namespace scram {
namespace {

using namespace std::chrono_literals;

Exchange exchange_of(const std::string& user) {
  std::string why;
  const std::string message = "n,,n=" + user + ",r=1";
  return {*read_client_first(message, why), Users(), "nonce"};
}

TEST(ExchangeTable, GivesEachOutOnce) {
  ExchangeTable table(10, 30s);
  EXPECT_TRUE(table.add(1, exchange_of("ada"), 0s));
  EXPECT_TRUE(table.add(2, exchange_of("bob"), 0s));
  EXPECT_EQ(table.take(2, 1s)->user(), "bob");
  EXPECT_FALSE(table.take(2, 1s));
  EXPECT_FALSE(table.take(3, 1s));
  EXPECT_EQ(table.size(), 1u);
}

TEST(ExchangeTable, EndsTheOldestWhereThereIsNoRoom) {
  ExchangeTable table(2, 30s);
  EXPECT_TRUE(table.add(1, exchange_of("ada"), 0s));
  EXPECT_TRUE(table.add(2, exchange_of("bob"), 10s));
  EXPECT_FALSE(table.add(3, exchange_of("eve"), 29s));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_FALSE(table.take(1, 29s)) << "the oldest";
  table.drop(2);
  table.drop(2);
  EXPECT_EQ(table.take(3, 29s)->user(), "eve");
}

TEST(ExchangeTable, WhoseTimeIsOverMakesRoom) {
  ExchangeTable table(2, 30s);
  table.add(1, exchange_of("ada"), 0s);
  table.add(2, exchange_of("bob"), 10s);
  EXPECT_TRUE(table.add(3, exchange_of("eve"), 30s));
  EXPECT_EQ(table.take(2, 30s)->user(), "bob");
}

TEST(ExchangeTable, EndsWhatTakesTooLong) {
  ExchangeTable table(2, 30s);
  table.add(1, exchange_of("ada"), 0s);
  EXPECT_FALSE(table.take(1, 30s));
  EXPECT_EQ(table.size(), 0u);
}

TEST(ExchangeTable, WhoBeginsAgainBeginsAnew) {
  ExchangeTable table(1, 30s);
  table.add(1, exchange_of("ada"), 0s);
  EXPECT_TRUE(table.add(1, exchange_of("bob"), 20s));
  EXPECT_EQ(table.take(1, 49s)->user(), "bob");
}

}  // namespace
}  // namespace scram

// The reader of operations alone.
#include "wire.hpp"

#include "fixture.hpp"

namespace nats {
namespace {

TEST(Wire, ReadsOperationsInAnyCase) {
  WireReader reader(
      "info {\"a\":1}\r\nMSG in.1  9\tr 5\r\nhello\r\nHMSG in.2 9 14 16\r\nNATS/1.0 503\r\nhi\r\n-ERR 'Bad'\r\nPI");
  Operation operation;
  ASSERT_TRUE(reader.next(operation));
  EXPECT_EQ(operation.text, "{\"a\":1}");
  ASSERT_TRUE(reader.next(operation));
  EXPECT_EQ(operation.subject, "in.1");
  EXPECT_EQ(operation.payload, "hello");
  ASSERT_TRUE(reader.next(operation));
  EXPECT_EQ(header_status(operation.headers), 503u);
  EXPECT_EQ(operation.payload, "hi");
  ASSERT_TRUE(reader.next(operation));
  EXPECT_EQ(operation.type, Operation::Type::error);
  EXPECT_EQ(operation.text, "Bad");
  EXPECT_FALSE(reader.next(operation));
  EXPECT_EQ(reader.broken(), "");
}

TEST(Wire, EveryCutOfAMessageWaitsForTheRest) {
  const std::string whole = "HMSG in.1 9 14 16\r\nNATS/1.0 503\r\nhi\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WireReader reader(std::string_view(whole).substr(0, size));
    Operation operation;
    EXPECT_FALSE(reader.next(operation)) << size;
    EXPECT_EQ(reader.broken(), "") << size;
    EXPECT_EQ(reader.consumed(), 0u);
  }
}

TEST(Wire, AStatusIsNoneWhereThereIsNone) {
  EXPECT_EQ(header_status("NATS/1.0\r\nA: b\r\n\r\n"), 0u);
  EXPECT_EQ(header_status("NATS/1.0 5"), 0u);
  EXPECT_EQ(header_status(""), 0u);
}

}  // namespace
}  // namespace nats

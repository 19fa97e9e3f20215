// What the generator writes it can read back, and half a packet waits for its rest.
#include "wire.hpp"

#include <gtest/gtest.h>

#include <set>

#include "matching.hpp"

namespace trellis::bench {

void PrintTo(const PublishShape& shape, std::ostream* out) {
  *out << "v" << int{shape.protocol} << " QoS " << int{shape.qos} << ", " << shape.payload << " bytes";
}

namespace {

const unsigned char* bytes_of(const OutBuffer& out) { return reinterpret_cast<const unsigned char*>(out.data()); }

class PublishRoundTrip : public testing::TestWithParam<PublishShape> {};

TEST_P(PublishRoundTrip, KeepsEverything) {
  const PublishShape shape = GetParam();
  OutBuffer out;
  const Stamp stamp{.time_ns = 123456789, .target = 7, .publisher = 3, .sequence = 99};
  append_publish(out, shape, "a/b", 515, stamp);

  const unsigned char* cursor = bytes_of(out);
  Packet packet;
  ASSERT_EQ(next_packet(cursor, bytes_of(out) + out.size(), packet), Scan::packet);
  EXPECT_EQ(cursor, bytes_of(out) + out.size());
  PublishView view;
  ASSERT_TRUE(parse_publish(packet, shape.protocol, view));
  EXPECT_EQ(view.topic, "a/b");
  EXPECT_EQ(view.qos, shape.qos);
  EXPECT_EQ(view.retain, shape.retain);
  EXPECT_EQ(view.id, shape.qos == 0 ? 0 : 515);
  EXPECT_EQ(view.payload.size(), shape.payload);
  Stamp found;
  ASSERT_TRUE(parse_stamp(view.payload, found));
  EXPECT_EQ(found.time_ns, stamp.time_ns);
  EXPECT_EQ(found.target, stamp.target);
  EXPECT_EQ(found.publisher, stamp.publisher);
  EXPECT_EQ(found.sequence, stamp.sequence);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PublishRoundTrip,
                         testing::Values(PublishShape{4, 0, false, 64}, PublishShape{4, 1, true, 20},
                                         PublishShape{5, 0, false, 200}, PublishShape{5, 2, false, 20'000}));

TEST(Wire, WaitsForTheRestOfAPacket) {
  OutBuffer out;
  append_publish(out, PublishShape{}, "topic", 0, Stamp{});
  for (std::size_t size = 0; size < out.size(); ++size) {
    const unsigned char* cursor = bytes_of(out);
    Packet packet;
    EXPECT_EQ(next_packet(cursor, bytes_of(out) + size, packet), Scan::incomplete);
    EXPECT_EQ(cursor, bytes_of(out));
  }
}

TEST(Wire, RefusesALengthOfFiveBytes) {
  const unsigned char bytes[] = {0x30, 0xff, 0xff, 0xff, 0xff, 0x01};
  const unsigned char* cursor = bytes;
  Packet packet;
  EXPECT_EQ(next_packet(cursor, bytes + sizeof bytes, packet), Scan::malformed);
}

TEST(Wire, ReportsTheWorstCodeOfASuback) {
  const unsigned char body[] = {0, 9, 0, 0, 0x80, 1};  // packet id, no properties, three codes
  AckView ack;
  ASSERT_TRUE(parse_ack({.flags = 0, .type = PacketType::suback, .body = body, .size = sizeof body}, 5, ack));
  EXPECT_EQ(ack.id, 9);
  EXPECT_EQ(ack.code, 0x80);
}

TEST(OutBuffer, KeepsItsBytesWhileItGrowsAndIsConsumed) {
  OutBuffer out;
  std::string expected;
  std::string found;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i) + ",";
    std::copy(text.begin(), text.end(), out.extend(text.size()));
    expected += text;
    if (i % 3 == 0) {
      found.push_back(*out.data());
      out.consume(1);
    }
  }
  found.append(out.data(), out.size());
  EXPECT_EQ(found, expected);
}

bool matches(const std::string& filter, const std::string& topic) {
  std::size_t f = 0;
  std::size_t t = 0;
  while (f < filter.size()) {
    if (filter[f] == '#') return true;
    if (filter[f] == '+') {
      t = std::min(topic.find('/', t), topic.size());
      ++f;
      continue;
    }
    if (t == topic.size() || filter[f++] != topic[t++]) return false;
  }
  return t == topic.size();
}

TEST(FilterTable, HasDistinctFiltersAndEachTopicMatchesItsOwnOnly) {
  constexpr std::uint32_t kFilters = 6000;
  std::vector<std::string> filters;
  std::size_t with_plus = 0;
  for (std::uint32_t i = 0; i < kFilters; ++i) {
    filters.push_back(numbered_filter(i));
    if (filters.back().find('+') != std::string::npos) ++with_plus;
  }
  EXPECT_EQ(std::set<std::string>(filters.begin(), filters.end()).size(), kFilters);
  EXPECT_NEAR(static_cast<double>(with_plus), kFilters / 3.0, kFilters / 100.0);

  Random random(1);
  std::string topic;
  for (std::uint32_t i = 0; i < kFilters; i += 61) {
    numbered_topic(i, random, topic);
    for (std::uint32_t other = 0; other < kFilters; ++other) {
      EXPECT_EQ(matches(filters[other], topic), other == i) << filters[other] << " and " << topic;
    }
  }
}

}  // namespace
}  // namespace trellis::bench

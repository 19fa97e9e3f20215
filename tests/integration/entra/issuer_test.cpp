// An issuer that changes its keys, hangs, and dies.
#include <algorithm>
#include <chrono>
#include <vector>

#include "entra_site.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class EntraIssuer : public EntraTest {
 protected:
  /// So that what takes half a minute takes a second.
  static constexpr const char* kQuick =
      R"("keys_early_refresh_interval": "1s", "keys_longest_pause": "1s", "keys_wait": "3s", "keys_waiting_clients": 16)";

  /// How long it takes to publish and be acknowledged, the slowest one in a hundred left out.
  milliseconds p99(RawClient& client) {
    std::vector<steady_clock::duration> times;
    for (int i = 0; i < 200; ++i) {
      const auto begin = steady_clock::now();
      client.publish({.topic = "steady", .payload = "x", .qos = 1});
      times.push_back(steady_clock::now() - begin);
    }
    std::ranges::sort(times);
    return std::chrono::duration_cast<milliseconds>(times[times.size() * 99 / 100]);
  }
};

TEST_F(EntraIssuer, MaySignWithANewKey) {
  start(site("", kQuick));
  const auto old = issuer_.token("press");
  EXPECT_EQ(answer_to(old), 0);
  issuer_.add_key();
  EXPECT_TRUE(eventually([&] { return answer_to(issuer_.token("press")) == 0; })) << broker().output();
  EXPECT_EQ(answer_to(old), 0) << "the old key is still published";
}

TEST_F(EntraIssuer, TakesBackAKeyByPublishingItNoMore) {
  start(site("", kQuick));
  const auto old = issuer_.token("press");
  EXPECT_EQ(answer_to(old), 0);
  issuer_.replace_keys();
  EXPECT_TRUE(eventually([&] { return answer_to(issuer_.token("press")) == 0; })) << broker().output();
  EXPECT_TRUE(eventually([&] { return answer_to(old) == 0x87; })) << broker().output();
}

TEST_F(EntraIssuer, IsNotNeededForKeysThatAreKnown) {
  start(site("", kQuick));
  ASSERT_EQ(answer_to(issuer_.token("press")), 0);
  const auto token = issuer_.token("mill");
  issuer_.die();
  auto mill = let_in(token);
  mill.send(encode_auth(0x19, proof(token)));
  EXPECT_EQ(mill.expect(PacketType::auth).reason, 0);
}

TEST_F(EntraIssuer, ThatIsGoneLetsNobodyInWhoseKeyIsUnknown) {
  start(site("", kQuick));
  ASSERT_EQ(answer_to(issuer_.token("press")), 0);
  issuer_.add_key();
  const auto token = issuer_.token("press");
  issuer_.die();
  EXPECT_EQ(answer_to(token), 0x88);
}

TEST_F(EntraIssuer, ThatWasNeverThereKeepsNobodyElseOut) {
  const auto token = issuer_.token("press");
  issuer_.die();
  start(site("", kQuick));
  EXPECT_EQ(answer_to(token), 0x88);
  auto client = connected();
  client.expect_nothing();
}

TEST_F(EntraIssuer, ThatHangsHoldsUpNobodyElse) {
  start(site("", kQuick));
  auto steady = let_in(issuer_.token("mill"));
  const auto known = issuer_.token("press");
  issuer_.add_key();
  const auto unknown = issuer_.token("press");
  const auto before = p99(steady);
  issuer_.hang();
  std::vector<RawClient> waiting;
  ASSERT_TRUE(eventually([&] {
    waiting.push_back(knocking(unknown));
    return metrics().sum("trellis_jwks_waiting") > 0;
  }));
  for (int i = 0; i < 50; ++i) waiting.push_back(knocking(unknown));
  EXPECT_EQ(answer_to(known), 0) << "its key is there";
  EXPECT_LE(p99(steady), 10 * before + milliseconds(100));
  EXPECT_LE(metrics().sum("trellis_jwks_waiting"), 16);
  for (auto& client : waiting) EXPECT_EQ(client.expect(PacketType::connack).reason, 0x88);
  issuer_.go_on();
  EXPECT_TRUE(eventually([&] { return answer_to(unknown) == 0; })) << broker().output();
}

}  // namespace
}  // namespace trellis::testing

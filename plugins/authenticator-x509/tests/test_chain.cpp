// Which chains hold, by authorities and revocation lists.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "chain.hpp"
#include "forge.hpp"

namespace x509 {
namespace {

using testing::authority;
using testing::device;
using testing::Forged;
using Outcome = Verdict::Outcome;

class Chain : public ::testing::Test {
 protected:
  static Trust trust(const std::vector<const Forged*>& authorities, const std::string& lists = "") {
    std::vector<Authority> all;
    for (const Forged* one : authorities) all.push_back({"ca", one->copy(), mark_of(one->certificate())});
    auto read = lists.empty() ? std::vector<RevocationListPtr>() : read_revocation_lists(lists).value();
    return {std::make_shared<const Authorities>(std::move(all)),
            std::make_shared<const RevocationLists>(std::move(read)), 1};
  }
  static Verdict judge(const Trust& by, const std::vector<const Forged*>& shown, std::int64_t now = testing::kNow) {
    std::vector<Certificate> chain;
    for (const Forged* one : shown) chain.push_back(one->copy());
    return verify(by, chain, now * 1000);
  }

  const Forged root_{authority("root")};
  const Forged middle_{root_.issue(authority("middle"))};
  const Forged leaf_{middle_.issue(device("leaf"))};
};

TEST_F(Chain, LeafOfARegisteredRootIsVerified) {
  const Forged leaf = root_.issue(device("leaf"));
  const Verdict verdict = judge(trust({&root_}), {&leaf});
  EXPECT_EQ(verdict.outcome, Outcome::verified) << verdict.why;
  EXPECT_EQ(verdict.basis.authority, mark_of(root_.certificate()));
  EXPECT_EQ(verdict.basis.links, std::vector<Mark>{revocation_mark_of(leaf.certificate())});
}

TEST_F(Chain, RegisteredIntermediateIsAnAnchorByItself) {
  const Verdict verdict = judge(trust({&middle_}), {&leaf_});
  EXPECT_EQ(verdict.outcome, Outcome::verified) << verdict.why;
  EXPECT_EQ(verdict.basis.authority, mark_of(middle_.certificate()));
}

TEST_F(Chain, IntermediateThatTheClientSendsHelps) {
  EXPECT_EQ(judge(trust({&root_}), {&leaf_}).outcome, Outcome::untrusted);
  const Verdict verdict = judge(trust({&root_}), {&leaf_, &middle_});
  EXPECT_EQ(verdict.outcome, Outcome::verified) << verdict.why;
  EXPECT_EQ(verdict.basis.links.size(), 2U);
}

TEST_F(Chain, RootThatTheClientSendsIsNoAnchor) {
  const Forged other(authority("other"));
  EXPECT_EQ(judge(trust({&other}), {&leaf_, &middle_, &root_}).outcome, Outcome::untrusted);
}

TEST_F(Chain, NamesakeOfAnAuthorityIsNotIt) {
  const Forged fake(authority("root"));
  const Forged leaf = fake.issue(device("leaf"));
  EXPECT_EQ(judge(trust({&root_}), {&leaf}).outcome, Outcome::untrusted);
  EXPECT_EQ(judge(trust({&root_}), {&leaf, &fake}).outcome, Outcome::untrusted);
}

TEST_F(Chain, SelfSignedIsNotVerified) {
  const Forged leaf(device("leaf"));
  const Verdict verdict = judge(trust({&root_}), {&leaf});
  EXPECT_EQ(verdict.outcome, Outcome::untrusted);
  EXPECT_EQ(verdict.why, "self-signed certificate: CN=leaf");
}

TEST_F(Chain, AuthorityItselfIsNoClient) {
  EXPECT_EQ(judge(trust({&middle_}), {&middle_}).outcome, Outcome::untrusted);
  EXPECT_EQ(judge(trust({&root_}), {&root_}).outcome, Outcome::untrusted);
}

TEST_F(Chain, DeviceCannotIssue) {
  const Forged device_of_ours = root_.issue(device("device"));
  const Forged forged = device_of_ours.issue(device("leaf"));
  EXPECT_EQ(judge(trust({&root_}), {&forged, &device_of_ours}).outcome, Outcome::untrusted);
}

TEST_F(Chain, PathLengthIsKept) {
  testing::Wanted short_path = authority("short path");
  short_path.constraints = "critical,CA:TRUE,pathlen:0";
  const Forged issuer = root_.issue(short_path);
  const Forged below = issuer.issue(authority("below"));
  const Forged leaf = below.issue(device("leaf"));
  EXPECT_EQ(judge(trust({&root_}), {&leaf, &below, &issuer}).outcome, Outcome::untrusted);
}

TEST_F(Chain, ExtendedKeyUsageHasToSayClientWhereThereIsOne) {
  const auto outcome = [&](const std::string& usage) {
    testing::Wanted wanted = device("leaf");
    wanted.extended_usage = usage;
    const Forged leaf = root_.issue(wanted);
    return judge(trust({&root_}), {&leaf}).outcome;
  };
  EXPECT_EQ(outcome(""), Outcome::verified);
  EXPECT_EQ(outcome("clientAuth"), Outcome::verified);
  EXPECT_EQ(outcome("serverAuth,clientAuth"), Outcome::verified);
  EXPECT_EQ(outcome("serverAuth"), Outcome::untrusted);
  EXPECT_EQ(outcome("codeSigning"), Outcome::untrusted);
}

TEST_F(Chain, KeyUsageHasToBeAClients) {
  const auto outcome = [&](const std::string& usage) {
    testing::Wanted wanted = device("leaf");
    wanted.usage = usage;
    const Forged leaf = root_.issue(wanted);
    return judge(trust({&root_}), {&leaf}).outcome;
  };
  EXPECT_EQ(outcome("critical,digitalSignature"), Outcome::verified);
  EXPECT_EQ(outcome("critical,keyAgreement"), Outcome::verified);
  EXPECT_EQ(outcome("critical,keyEncipherment"), Outcome::untrusted);
}

TEST_F(Chain, WeakKeyIsRefused) {
  testing::Wanted weak = device("leaf");
  weak.rsa_bits = 1024;
  const Forged weak_leaf = root_.issue(weak);
  EXPECT_EQ(judge(trust({&root_}), {&weak_leaf}).outcome, Outcome::untrusted);
}

TEST_F(Chain, ValidityIsThatOfTheWholeChain) {
  testing::Wanted wanted = authority("middle");
  wanted.from = testing::kNow - 100;
  wanted.until = testing::kNow + 100;
  const Forged middle = root_.issue(wanted);
  const Forged leaf = middle.issue(device("leaf"));
  const Verdict verdict = judge(trust({&root_}), {&leaf, &middle});
  EXPECT_EQ(verdict.basis.good_from_ms, (testing::kNow - 100) * 1000);
  EXPECT_EQ(verdict.basis.good_until_ms, (testing::kNow + 100) * 1000);
  EXPECT_EQ(judge(trust({&root_}), {&leaf, &middle}, testing::kNow - 101).outcome, Outcome::expired);
  EXPECT_EQ(judge(trust({&root_}), {&leaf, &middle}, testing::kNow + 99).outcome, Outcome::verified);
  EXPECT_EQ(judge(trust({&root_}), {&leaf, &middle}, testing::kNow + 100).outcome, Outcome::expired);
  EXPECT_EQ(judge(trust({&middle}), {&leaf}, testing::kNow + 100).outcome, Outcome::expired)
      << "an expired authority lets nobody in";
}

TEST_F(Chain, WithoutAuthoritiesNothingHolds) {
  EXPECT_EQ(judge(trust({}), {&leaf_}).why, "the namespace has no certificate authority");
}

TEST_F(Chain, RevokedLeafIsRefusedAndOthersAreNot) {
  const Forged other = middle_.issue(device("other"));
  const Trust by = trust({&middle_}, middle_.revocation_list({&leaf_}));
  const Verdict verdict = judge(by, {&leaf_});
  EXPECT_EQ(verdict.outcome, Outcome::revoked);
  EXPECT_EQ(verdict.why, "CN=leaf: it was revoked by /CN=middle");
  EXPECT_EQ(judge(by, {&other}).outcome, Outcome::verified);
}

TEST_F(Chain, RevokedIntermediateTakesItsLeavesAlong) {
  const Trust by = trust({&root_}, root_.revocation_list({&middle_}));
  EXPECT_EQ(judge(by, {&leaf_, &middle_}).outcome, Outcome::revoked);
}

TEST_F(Chain, RegisteredIntermediateIsBelievedWhateverItsIssuerSays) {
  EXPECT_EQ(judge(trust({&middle_}, root_.revocation_list({&middle_})), {&leaf_}).outcome, Outcome::verified);
}

TEST_F(Chain, AuthorityWithoutAListIsNotAskedForOne) {
  EXPECT_EQ(judge(trust({&middle_}, root_.revocation_list({})), {&leaf_}).outcome, Outcome::verified);
}

TEST_F(Chain, ListHasToBeUpToDate) {
  const std::string list = middle_.revocation_list({}, {.until = testing::kNow + 50});
  const Verdict verdict = judge(trust({&middle_}, list), {&leaf_});
  EXPECT_EQ(verdict.outcome, Outcome::verified);
  EXPECT_EQ(verdict.basis.lists_due_ms, (testing::kNow + 50) * 1000);
  const Verdict later = judge(trust({&middle_}, list), {&leaf_}, testing::kNow + 50);
  EXPECT_EQ(later.outcome, Outcome::untrusted);
  EXPECT_EQ(later.why, "CN=leaf: no revocation list of /CN=middle is signed by it and up to date");
}

TEST_F(Chain, OldListStillRevokesAndANewOneBesideItKeepsOthersIn) {
  const Forged other = middle_.issue(device("other"));
  const std::string old_list = middle_.revocation_list({&leaf_}, {.until = testing::kNow - 1});
  const Trust by = trust({&middle_}, old_list + middle_.revocation_list({}));
  EXPECT_EQ(judge(by, {&leaf_}).outcome, Outcome::revoked);
  EXPECT_EQ(judge(by, {&other}).outcome, Outcome::verified);
}

TEST_F(Chain, ListOfANamesakeIsNotItsList) {
  const Forged namesake(authority("middle"));
  EXPECT_EQ(judge(trust({&middle_}, namesake.revocation_list({&leaf_})), {&leaf_}).outcome, Outcome::untrusted);
  EXPECT_EQ(
      judge(trust({&middle_}, namesake.revocation_list({&leaf_}) + middle_.revocation_list({})), {&leaf_}).outcome,
      Outcome::verified);
}

TEST_F(Chain, IssuerHasToBeAllowedToSignLists) {
  testing::Wanted wanted = authority("no lists");
  wanted.usage = "critical,keyCertSign";
  const Forged issuer(wanted);
  const Forged leaf = issuer.issue(device("leaf"));
  EXPECT_EQ(judge(trust({&issuer}, issuer.revocation_list({})), {&leaf}).outcome, Outcome::untrusted);
}

TEST(RevocationLists, TextIsPemOrDer) {
  const Forged root(authority("root"));
  const std::string pem = root.revocation_list({});
  ASSERT_TRUE(read_revocation_lists(pem + pem));
  EXPECT_EQ(read_revocation_lists(pem + pem)->size(), 2U);
  EXPECT_EQ(read_revocation_lists("").error().text, "holds no revocation list, neither in PEM nor in DER");
  EXPECT_EQ(read_revocation_lists(root.pem()).error().text, "holds no revocation list");
  std::string damaged = pem;
  damaged.replace(60, 4, "AAAA");
  EXPECT_FALSE(read_revocation_lists(damaged));
}

TEST(RevocationLists, DeltaIsRefused) {
  const auto read = read_revocation_lists(Forged(authority("root")).revocation_list({}, {.delta = true}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text.substr(0, 49), "the list of /CN=root has a critical extension: it");
}

}  // namespace
}  // namespace x509

// Whom a change cuts off, and that what is remembered does not outlive it.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "by_certificate.hpp"
#include "verified_cache.hpp"

namespace x509 {
namespace {

using namespace std::chrono_literals;
using testing::authority;
using testing::device;
using testing::Forged;
using Names = std::vector<std::string>;

constexpr const char* kSubject = "SubjectMatchesAuthenticationName";

class Change : public testing::ByCertificate {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-x509-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = (directory_ / "list.crl").string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) {
    std::ofstream(file_ + ".new") << text;
    std::filesystem::rename(file_ + ".new", file_);
  }
  void load_with_list() { load(R"({"revocation_lists": [")" + file_ + R"("], "watch_interval": "5ms"})"); }
  void wait_for(const std::string& line) {
    ASSERT_TRUE(host_.wait([&] { return host_.logged(line); })) << line;
  }
  std::int64_t verified(const std::string& from) {
    return host_.metric("trellis_x509_verified_total", "from=\"" + from + "\"");
  }
  /// Registers a client and lets it in.
  Forged admit(const std::string& name) {
    EXPECT_EQ(put_client_of(kSubject, name), "");
    Forged certificate = root_.issue(device(name));
    EXPECT_TRUE(allowed(name, {&certificate}));
    return certificate;
  }

  std::filesystem::path directory_;
  std::string file_;
};

TEST_F(Change, DisabledClientIsCutOff) {
  load();
  const Forged press = admit("Press-04");
  EXPECT_EQ(put_client_of(kSubject, "Press-04", R"(, "state": "Disabled")"), "");
  EXPECT_EQ(cut_off(), Names{"Press-04"});
  EXPECT_EQ(connect("Press-04", {&press}).verdict, trellis::AuthVerdict::deny);
}

TEST_F(Change, DeletedClientIsCutOff) {
  load();
  const Forged press = admit("press-04");
  EXPECT_EQ(host_.remove_resource("clients", "press-04"), "");
  EXPECT_EQ(cut_off(), Names{"press-04"});
  EXPECT_TRUE(deferred("press-04", {&press}));
}

TEST_F(Change, ChangedClientIsCutOff) {
  load();
  admit("press-04");
  EXPECT_EQ(put_client_of(kSubject, "press-04", R"(, "attributes": {"floor": 4})"), "");
  EXPECT_EQ(cut_off(), Names{"press-04"});
}

TEST_F(Change, AnotherDescriptionChangesNothing) {
  load();
  admit("press-04");
  EXPECT_EQ(put_client_of(kSubject, "press-04", R"(, "description": "the green one")"), "");
  EXPECT_EQ(cut_off(), Names{});
}

TEST_F(Change, ClientIsCutOffUnderItsAuthenticationName) {
  load();
  EXPECT_EQ(put_client_of(kSubject, "resource-name", R"(, "authenticationName": "Auth Name")"), "");
  EXPECT_EQ(host_.remove_resource("clients", "resource-name"), "");
  EXPECT_EQ(cut_off(), Names{"Auth Name"});
}

TEST_F(Change, OtherThumbprintCutsOffAndCountsAtOnce) {
  load();
  const Forged old_one(device("d"));
  const Forged new_one(device("d"));
  const auto thumbprint = [&](const Forged& one) {
    return put_client("press-04", R"("validationScheme": "ThumbprintMatch", "allowedThumbprints": [")" +
                                      thumbprint_of(one.der()) + "\"]");
  };
  EXPECT_EQ(thumbprint(old_one), "");
  EXPECT_TRUE(allowed("press-04", {&old_one}));
  EXPECT_EQ(thumbprint(new_one), "");
  EXPECT_EQ(cut_off(), Names{"press-04"});
  EXPECT_TRUE(deferred("press-04", {&old_one}));
  EXPECT_TRUE(allowed("press-04", {&new_one}));
}

TEST_F(Change, RemovedAuthorityCutsOffWhomItLetIn) {
  load();
  const Forged other(authority("other"));
  ASSERT_EQ(host_.put_resource("caCertificates", "other", testing::resource_of(other)), "");
  admit("of-factory");
  ASSERT_EQ(put_client_of(kSubject, "of-other"), "");
  const Forged of_other = other.issue(device("of-other"));
  ASSERT_TRUE(allowed("of-other", {&of_other}));
  EXPECT_EQ(host_.remove_resource("caCertificates", "other"), "");
  EXPECT_EQ(cut_off(), Names{"of-other"});
  EXPECT_TRUE(deferred("of-other", {&of_other})) << "what was remembered of it is out of date";
}

TEST_F(Change, ClientThatCameBackByAnotherCertificateIsNotCutOffAgain) {
  load();
  const Forged other(authority("other"));
  ASSERT_EQ(host_.put_resource("caCertificates", "other", testing::resource_of(other)), "");
  admit("press-04");
  ASSERT_EQ(host_.remove_resource("caCertificates", "factory"), "");
  EXPECT_EQ(cut_off(), Names{"press-04"});
  const Forged again = other.issue(device("press-04"));
  ASSERT_TRUE(allowed("press-04", {&again}));
  ASSERT_EQ(host_.put_resource("caCertificates", "factory", testing::resource_of(root_)), "");
  EXPECT_EQ(cut_off(), Names{"press-04"}) << "once";
}

TEST_F(Change, ReplacedAuthorityCutsOffWhomTheOldOneLetIn) {
  load();
  const Forged press = admit("press-04");
  const Forged successor(authority("factory"));
  ASSERT_EQ(host_.put_resource("caCertificates", "factory", testing::resource_of(successor)), "");
  EXPECT_EQ(cut_off(), Names{"press-04"});
  EXPECT_TRUE(deferred("press-04", {&press}));
}

TEST_F(Change, FurtherAuthorityCutsNobodyOff) {
  load();
  const Forged press = admit("press-04");
  const Forged other(authority("other"));
  ASSERT_EQ(host_.put_resource("caCertificates", "other", testing::resource_of(other)), "");
  ASSERT_EQ(host_.put_resource(
                "caCertificates", "factory",
                R"({"description": "the old hall", "encodedCertificate": )" + testing::quoted(root_.pem()) + "}"),
            "");
  EXPECT_EQ(cut_off(), Names{});
  EXPECT_TRUE(allowed("press-04", {&press}));
}

TEST_F(Change, ThumbprintClientsDoNotDependOnAuthorities) {
  load();
  const Forged own(device("d"));
  ASSERT_EQ(put_client("press-04", R"("validationScheme": "ThumbprintMatch", "allowedThumbprints": [")" +
                                       thumbprint_of(own.der()) + "\"]"),
            "");
  ASSERT_TRUE(allowed("press-04", {&own}));
  ASSERT_EQ(host_.remove_resource("caCertificates", "factory"), "");
  EXPECT_EQ(cut_off(), Names{});
}

TEST_F(Change, RevokedCertificateCutsItsClientOffAndKeepsItOut) {
  write(root_.revocation_list({}));
  load_with_list();
  const Forged doomed = admit("doomed");
  const Forged other = admit("other");
  write(root_.revocation_list({&doomed}));
  wait_for("revocation lists were read again");
  ASSERT_TRUE(host_.wait([&] { return !cut_off().empty(); }));
  EXPECT_EQ(cut_off(), Names{"doomed"});
  EXPECT_TRUE(deferred("doomed", {&doomed}));
  EXPECT_EQ(checks("revoked"), 1);
  EXPECT_TRUE(allowed("other", {&other}));
}

TEST_F(Change, RevokedIntermediateCutsItsClientsOff) {
  write(root_.revocation_list({}));
  load_with_list();
  const Forged middle = root_.issue(authority("middle"));
  const Forged press = middle.issue(device("press-04"));
  ASSERT_EQ(put_client_of(kSubject, "press-04"), "");
  ASSERT_TRUE(allowed("press-04", {&press, &middle}));
  write(root_.revocation_list({&middle}));
  ASSERT_TRUE(host_.wait([&] { return !cut_off().empty(); }));
  EXPECT_EQ(cut_off(), Names{"press-04"});
  EXPECT_TRUE(deferred("press-04", {&press, &middle}));
}

TEST_F(Change, BrokenListIsReportedAndTheOldOneStays) {
  const Forged doomed = root_.issue(device("doomed"));
  write(root_.revocation_list({&doomed}));
  load_with_list();
  ASSERT_EQ(put_client_of(kSubject, "doomed"), "");
  write("rubbish");
  wait_for("a file of revocation lists cannot be used, what it said before stays");
  EXPECT_TRUE(host_.logged(file_ + ": holds no revocation list, neither in PEM nor in DER"));
  EXPECT_TRUE(deferred("doomed", {&doomed}));
  EXPECT_EQ(checks("revoked"), 1);
}

TEST_F(Change, ListThatIsMissingAtTheStartRefusesIt) {
  const std::string refused = host_.refusal<X509Authenticator>(R"({"revocation_lists": [")" + file_ + R"("]})");
  EXPECT_EQ(refused, "cannot open " + file_ + ": No such file or directory");
}

TEST_F(Change, ResourcesThatAreThereBeforeTheStartCount) {
  load();
  const Forged press = admit("press-04");
  ASSERT_EQ(put_client_of(kSubject, "by-subject"), "");
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  const Forged by_subject = root_.issue(device("by-subject"));
  plugin_.emplace(host_.load<X509Authenticator>(R"({"remembered_for": "1m"})"));  // as a changed configuration does
  EXPECT_TRUE(allowed("press-04", {&press}));
  EXPECT_EQ(connect(std::nullopt, {&by_subject}).name, "by-subject");
}

TEST_F(Change, InstanceThatReplacesAnotherKnowsWhomThatOneLetIn) {
  load();
  const Forged doomed = admit("doomed");
  admit("other");
  write(root_.revocation_list({&doomed}));
  plugin_.emplace(host_.load<X509Authenticator>(R"({"revocation_lists": [")" + file_ + R"("]})"));
  EXPECT_EQ(cut_off(), Names{"doomed"});
}

TEST_F(Change, WhomAnInstanceLetsInWhileItIsReplacedTheNewOneCutsOff) {
  load();
  const Forged doomed = admit("doomed");
  const Forged other = admit("other");
  write(root_.revocation_list({&doomed}));
  host_.load<X509Authenticator>(R"({"revocation_lists": [")" + file_ + R"("]})");
  EXPECT_EQ(cut_off(), Names{"doomed"});
  EXPECT_TRUE(allowed("doomed", {&doomed})) << "the old one still answers, and it comes back at once";
  EXPECT_TRUE(allowed("other", {&other}));
  plugin_->instance().drain(1s);
  EXPECT_EQ(cut_off(), (Names{"doomed", "doomed"}));
  EXPECT_TRUE(allowed("doomed", {&doomed})) << "a question from before the switch";
  EXPECT_EQ(cut_off(), (Names{"doomed", "doomed", "doomed"}));
}

TEST_F(Change, InstanceThatWasReplacedLooksAtItsFilesNoMore) {
  write(root_.revocation_list({}));
  load_with_list();
  const Forged press = admit("press-04");
  auto next = host_.load<X509Authenticator>();
  plugin_->instance().drain(1s);
  plugin_.emplace(next);
  EXPECT_TRUE(allowed("press-04", {&press}));
  write(root_.revocation_list({&press}));
  EXPECT_FALSE(host_.wait([&] { return host_.logged("revocation lists were read again"); }, 100ms));
  EXPECT_EQ(cut_off(), Names{});
}

TEST_F(Change, InstanceThatIsGivenUpLeavesTheOldOneAlone) {
  load();
  const Forged press = admit("press-04");
  host_.load<X509Authenticator>().instance().stop();
  plugin_->instance().drain(1s);
  EXPECT_EQ(cut_off(), Names{});
}

TEST_F(Change, ClientThatComesBackCostsNoSignatures) {
  load();
  const Forged press = admit("press-04");
  EXPECT_EQ(verified("signatures"), 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(connect("press-04", {&press}).expires_at_ms, testing::kFarFuture * 1000);
  EXPECT_EQ(verified("signatures"), 1);
  EXPECT_EQ(verified("cache"), 5);
}

TEST_F(Change, WhatIsRememberedEndsWithItsTime) {
  load(R"({"remembered_for": "1m"})");
  const Forged press = admit("press-04");
  host_.advance(61s);
  EXPECT_TRUE(allowed("press-04", {&press}));
  EXPECT_EQ(verified("signatures"), 2);
}

TEST_F(Change, WhatIsRememberedEndsWithTheCertificate) {
  load();
  testing::Wanted wanted = device("press-04");
  wanted.until = testing::kNow + 60;
  const Forged press = root_.issue(wanted);
  ASSERT_EQ(put_client_of(kSubject, "press-04"), "");
  ASSERT_TRUE(allowed("press-04", {&press}));
  host_.advance(60s);
  EXPECT_TRUE(deferred("press-04", {&press}));
  EXPECT_EQ(checks("expired"), 1);
}

TEST_F(Change, WhatIsRememberedEndsWithTheList) {
  write(root_.revocation_list({}, {.until = testing::kNow + 60}));
  load_with_list();
  const Forged press = admit("press-04");
  host_.advance(60s);
  EXPECT_TRUE(deferred("press-04", {&press}));
  EXPECT_EQ(checks("untrusted"), 1);
}

TEST_F(Change, StrangersAreNotRemembered) {
  load();
  ASSERT_EQ(put_client_of(kSubject, "press-04"), "");
  const Forged stranger = Forged(authority("stranger")).issue(device("press-04"));
  EXPECT_TRUE(deferred("press-04", {&stranger}));
  EXPECT_TRUE(deferred("press-04", {&stranger}));
  EXPECT_EQ(verified("signatures"), 2);
  EXPECT_EQ(verified("cache"), 0);
}

TEST_F(Change, CertificateRememberedForOneClientIsJudgedForEachName) {
  load();
  const Forged press = admit("press-04");
  ASSERT_EQ(put_client_of(kSubject, "press-05"), "");
  EXPECT_TRUE(deferred("press-05", {&press}));
  EXPECT_EQ(checks("mismatch"), 1);
}

TEST(VerifiedCache, KeepsTheNewestUpToItsCapacity) {
  VerifiedCache cache(2, 10s);
  const auto fingerprint = [](unsigned char first) { return Fingerprint{first}; };
  const auto known = std::make_shared<const Known>();
  for (unsigned char one = 1; one <= 3; ++one) cache.put(fingerprint(one), known, 0s);
  EXPECT_EQ(cache.find(fingerprint(1), 1s), nullptr);
  EXPECT_EQ(cache.find(fingerprint(2), 1s), known);
  EXPECT_EQ(cache.find(fingerprint(3), 1s), known);
  cache.put(fingerprint(3), known, 5s);
  EXPECT_EQ(cache.find(fingerprint(3), 10s), nullptr) << "put again, it ends when it would have";
  EXPECT_EQ(cache.size(), 0U);
}

TEST(VerifiedCache, WithoutCapacityKeepsNothing) {
  VerifiedCache cache(0, 10s);
  cache.put({}, std::make_shared<const Known>(), 0s);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(VerifiedCache, FingerprintTellsListsOfPartsApart) {
  const auto fingerprint = [](const std::vector<std::string>& parts) {
    std::vector<trellis_view> views;
    for (const auto& part : parts) views.push_back(trellis::view(part));
    return fingerprint_of(views);
  };
  EXPECT_EQ(fingerprint({"ab", "c"}), fingerprint({"ab", "c"}));
  EXPECT_NE(fingerprint({"ab", "c"}), fingerprint({"a", "bc"}));
  EXPECT_NE(fingerprint({"ab"}), fingerprint({"ab", ""}));
}

class AdmittedNames : public ::testing::Test {
 protected:
  AdmittedNames() {
    std::vector<Authority> all;
    all.push_back({"root", root_.copy(), root_mark_});
    trust_ = {std::make_shared<const Authorities>(std::move(all)), std::make_shared<const RevocationLists>(), 1};
  }
  void let_in(Mark link, std::int64_t until, std::int64_t now, Mark authority_mark) {
    admitted_.add(kOwn, "default", "press", {.authority = authority_mark, .links = {link}, .good_until_ms = until},
                  trust_, now);
  }
  Names lost() { return admitted_.without(kOwn, "default", trust_).names; }

  static constexpr Owner kOwn = 1;
  const Forged root_{authority("root")};
  const Mark root_mark_ = mark_of(root_.certificate());
  Trust trust_;
  Trust none_{std::make_shared<const Authorities>(std::vector<Authority>()), std::make_shared<const RevocationLists>(),
              2};
  Admitted admitted_;
};

TEST_F(AdmittedNames, MoreGroundsThanAreKeptMakeAnyChangeTheirOwn) {
  for (Mark link = 0; link < 8; ++link) let_in(link, 1000, 100, root_mark_);
  let_in(0, 1000, 100, root_mark_);
  EXPECT_EQ(lost(), Names{});
  let_in(8, 500, 100, root_mark_);
  EXPECT_EQ(lost(), Names{"press"});
  let_in(0, 1000, 500, root_mark_);
  EXPECT_EQ(lost(), Names{}) << "what was not kept is expired";
}

TEST_F(AdmittedNames, GroundsThatExpiredMakeRoom) {
  for (Mark link = 0; link < 20; ++link)
    let_in(link, static_cast<std::int64_t>(link) + 1, static_cast<std::int64_t>(link), root_mark_);
  EXPECT_EQ(lost(), Names{});
}

TEST_F(AdmittedNames, LossIsNewsOnceAndForgottenWhenTheClientComesBack) {
  let_in(1, 1000, 100, root_mark_);
  const auto first = admitted_.without(kOwn, "default", none_);
  EXPECT_EQ(first.names, Names{"press"});
  EXPECT_EQ(first.news, 1U);
  const auto again = admitted_.without(kOwn, "default", none_);
  EXPECT_EQ(again.names, Names{"press"}) << "another instance may have let it in";
  EXPECT_EQ(again.news, 0U);
  const Mark gone = root_mark_ + 1;
  let_in(2, 1000, 100, gone);
  EXPECT_EQ(lost(), Names{"press"});
  let_in(3, 1000, 100, root_mark_);
  EXPECT_EQ(lost(), Names{}) << "it came back by what holds";
}

TEST_F(AdmittedNames, InstanceLooksAfterItsOwnAndThoseOfRetiredOnes) {
  constexpr Owner kOther = 2;
  const Trust& nobody = none_;  // whom the other instance believes
  let_in(1, 1000, 100, root_mark_);
  EXPECT_EQ(admitted_.without(kOther, "default", nobody).names, Names{});
  EXPECT_EQ(admitted_.all_without("default", nobody).names, Names{"press"});
  admitted_.hand_over(kOwn);
  EXPECT_EQ(admitted_.without(kOther, "default", nobody).names, Names{"press"});
}

TEST_F(AdmittedNames, WhatHoldsByOneInstanceIsNotForgottenByAnother) {
  constexpr Owner kOther = 2;
  let_in(1, 1000, 100, root_mark_);
  const Basis basis{.authority = root_mark_, .links = {2}, .good_until_ms = 1000};
  admitted_.add(kOther, "default", "press", basis, none_, 100);
  EXPECT_EQ(admitted_.without(kOwn, "default", none_).names, Names{"press"});
  EXPECT_EQ(admitted_.without(kOwn, "default", trust_).names, Names{});
}

TEST_F(AdmittedNames, ForgottenOnesAreGone) {
  let_in(1, 1000, 100, root_mark_);
  EXPECT_EQ(admitted_.size("default"), 1U);
  admitted_.forget("default", "press");
  EXPECT_EQ(admitted_.size("default"), 0U);
  EXPECT_EQ(admitted_.without(kOwn, "default", none_).names, Names{});
}

}  // namespace
}  // namespace x509

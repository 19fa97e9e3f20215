// Plugin files are judged by the signatures beside them, before they are opened as libraries.
#include <fcntl.h>
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <trellis/loading/builtin.hpp>
#include <trellis/loading/registry.hpp>

#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

namespace fs = std::filesystem;
using loading::Registry;
using loading::SignaturePolicy;
using loading::SignatureState;
using loading::Trust;
using ::testing::HasSubstr;
using testing::specimen_file;

class TrustTest : public ::testing::Test {
 protected:
  TrustTest() {
    std::string name = ::testing::TempDir() + "trellis-trust-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "specimen.so";
    fs::copy(specimen_file("specimen"), file_);
    trust_.policy = SignaturePolicy::require;
    trust_.keys = {key_.public_key()};
  }
  ~TrustTest() override { fs::remove_all(folder_); }

  void sign(const signing::SecretKey& key) {
    const int descriptor = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    const auto digest = signing::digest_of(descriptor, error_);
    ::close(descriptor);
    std::ofstream(loading::signature_file(file_))
        << signing::Signature::make(key, digest.value(), "by a test").file_text();
  }
  void append(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }
  SignatureState state() { return trust_.judge(file_).state; }
  std::string refusal() {
    EXPECT_EQ(Registry({folder_}, trust_).find("specimen", error_), nullptr);
    return error_;
  }

  const signing::SecretKey key_ = signing::SecretKey::generate();
  fs::path folder_;
  fs::path file_;
  Trust trust_;
  std::string error_;
};

TEST_F(TrustTest, AValidSignatureLetsItIn) {
  sign(key_);
  const auto library = Registry({folder_}, trust_).find("specimen", error_);
  ASSERT_NE(library, nullptr) << error_;
  EXPECT_EQ(library->id(), "specimen");
  EXPECT_EQ(library->file(), file_);
  ASSERT_TRUE(library->judgement());
  EXPECT_EQ(library->judgement()->state, SignatureState::valid);
  EXPECT_EQ(library->judgement()->comment, "by a test");
  EXPECT_EQ(library->judgement()->key, signing::to_text(key_.public_key().id));
}

TEST_F(TrustTest, WithoutOneItStaysOutside) {
  EXPECT_EQ(state(), SignatureState::unsigned_file);
  EXPECT_EQ(refusal(), "plugin '" + file_.string() + "' was not loaded: it is not signed, and signatures are required");
}

TEST_F(TrustTest, ChangedFilesAreModified) {
  sign(key_);
  append(file_, "x");
  EXPECT_EQ(state(), SignatureState::modified);
  EXPECT_THAT(refusal(), HasSubstr("it is not what key " + signing::to_text(key_.public_key().id) + " signed"));
}

TEST_F(TrustTest, BrokenSignaturesAreModified) {
  sign(key_);
  append(loading::signature_file(file_), "one line more\n");
  EXPECT_EQ(state(), SignatureState::modified);
  EXPECT_THAT(refusal(), HasSubstr("is broken: this is no signature of minisign"));
}

TEST_F(TrustTest, KeysHaveToBeKnownAndNotRevoked) {
  sign(signing::SecretKey::generate());
  EXPECT_EQ(state(), SignatureState::unknown_key);
  EXPECT_THAT(refusal(), HasSubstr("which is not trusted here"));
  sign(key_);
  trust_.revoked = {key_.public_key().id};
  EXPECT_EQ(state(), SignatureState::revoked);
  EXPECT_THAT(refusal(), HasSubstr("which was revoked"));
}

// A library's initialisers run when it is opened: what is refused must not get there, not even as far as the loader's
// complaint about a file that is no library.
TEST_F(TrustTest, WhatIsRefusedIsNotOpened) {
  std::ofstream(file_, std::ios::trunc) << "no library";
  EXPECT_THAT(refusal(), HasSubstr("it is not signed"));
  trust_.policy = SignaturePolicy::warn;
  EXPECT_THAT(refusal(), HasSubstr("cannot load plugin '" + file_.string() + "': "));
}

TEST_F(TrustTest, AWarningIsNoRefusal) {
  trust_.policy = SignaturePolicy::warn;
  const auto library = Registry({folder_}, trust_).find("specimen", error_);
  ASSERT_NE(library, nullptr) << error_;
  EXPECT_EQ(library->judgement()->state, SignatureState::unsigned_file);
  EXPECT_EQ(library->judgement()->why, "it is not signed");
}

TEST_F(TrustTest, WhereThePolicyIsOffNobodyLooks) {
  const auto library = Registry({folder_}, Trust()).find("specimen", error_);
  ASSERT_NE(library, nullptr) << error_;
  EXPECT_FALSE(library->judgement());
}

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(TrustTest, LoadingItAgainTakesNothingMore) {
  sign(key_);
  const auto first = Registry({folder_}, trust_).find("specimen", error_);
  ASSERT_NE(first, nullptr) << error_;
  const std::size_t open = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    const auto again = Registry({folder_}, trust_).find("specimen", error_);
    ASSERT_NE(again, nullptr) << error_;
    EXPECT_EQ(&again->entry(), &first->entry());
  }
  EXPECT_EQ(open_descriptors(), open);
}

// The loader knows libraries by the names they were opened with: another file is another library.
TEST_F(TrustTest, AnotherContentIsAnotherLibrary) {
  sign(key_);
  const auto first = Registry({folder_}, trust_).find("specimen", error_);
  fs::remove(file_);
  fs::copy(specimen_file("specimen-wanting"), file_);
  sign(key_);
  const auto second = Registry({folder_}, trust_).load_file(file_, error_);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr) << error_;
  EXPECT_EQ(first->id(), "specimen");
  EXPECT_EQ(second->id(), "specimen-wanting");
}

TEST(CompiledTrust, OfTheProjectAsksForNothing) {
  EXPECT_EQ(loading::compiled_trust().policy, SignaturePolicy::off);
  EXPECT_TRUE(loading::compiled_trust().keys.empty());
}

TEST(SignaturePolicies, HaveNames) {
  EXPECT_EQ(loading::signature_policy("require"), SignaturePolicy::require);
  EXPECT_EQ(loading::signature_policy("maybe"), std::nullopt);
}

}  // namespace
}  // namespace trellis::kernel

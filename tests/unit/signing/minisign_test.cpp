// Keys and signatures that minisign 0.11 made, and those that are made here.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <trellis/signing/signature.hpp>

namespace trellis::signing {
namespace {

std::string minisign(const std::string& name) { return TRELLIS_MINISIGN "/" + name; }

std::string text_of(const std::string& name) {
  std::ifstream in(minisign(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// An open file of the test's own, already without a name.
class File {
 public:
  explicit File(const std::string& content) {
    std::string name = ::testing::TempDir() + "trellis-signing-XXXXXX";
    descriptor_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    EXPECT_EQ(::write(descriptor_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class Minisign : public ::testing::Test {
 protected:
  PublicKey public_key(const std::string& name) {
    const auto key = PublicKey::parse(text_of(name), error_);
    EXPECT_TRUE(key) << error_;
    return key.value_or(PublicKey());
  }
  Signature signature(const std::string& text) {
    const auto made = Signature::parse(text, error_);
    EXPECT_TRUE(made) << error_;
    return made.value_or(Signature());
  }
  bool holds(const Signature& made, const std::string& content, const PublicKey& key) {
    const File file(content);
    return made.holds(key, file.descriptor(), std::nullopt, error_);
  }

  const std::string message_ = text_of("message.txt");
  std::string error_;
};

TEST_F(Minisign, BothFormatsHold) {
  const Signature now = signature(text_of("message.txt.minisig"));
  const Signature old = signature(text_of("legacy.minisig"));
  EXPECT_TRUE(now.prehashed);
  EXPECT_FALSE(old.prehashed);
  EXPECT_EQ(old.comment, "an old one");
  EXPECT_TRUE(holds(now, message_, public_key("key.pub"))) << error_;
  EXPECT_TRUE(holds(old, message_, public_key("key.pub"))) << error_;
}

TEST_F(Minisign, NothingElseHolds) {
  for (const char* name : {"message.txt.minisig", "legacy.minisig"}) {
    const Signature made = signature(text_of(name));
    EXPECT_FALSE(holds(made, message_ + " ", public_key("key.pub")));
    EXPECT_FALSE(holds(made, "", public_key("key.pub")));
    EXPECT_FALSE(holds(made, message_, public_key("other.pub")));
    Signature changed = made;
    changed.comment += " or not";
    EXPECT_FALSE(holds(changed, message_, public_key("key.pub")));
    changed = made;
    changed.prehashed = !changed.prehashed;
    EXPECT_FALSE(holds(changed, message_, public_key("key.pub")));
    EXPECT_EQ(error_, "");
  }
}

TEST_F(Minisign, TheSameKeyMakesTheSameSignature) {
  const auto key = SecretKey::parse(text_of("test.key"), error_);
  ASSERT_TRUE(key) << error_;
  EXPECT_EQ(key->public_key().file_text(), text_of("key.pub"));
  const File file(message_);
  const Signature theirs = signature(text_of("message.txt.minisig"));
  const Signature ours = Signature::make(*key, digest_of(file.descriptor(), error_).value(), theirs.comment);
  EXPECT_EQ(ours.of_content, theirs.of_content);
  EXPECT_EQ(ours.of_comment, theirs.of_comment);
  const auto signed_part = [](const std::string& text) { return text.substr(text.find('\n')); };
  EXPECT_EQ(signed_part(ours.file_text()), signed_part(text_of("message.txt.minisig")));
}

TEST_F(Minisign, KeysAreReadBackAsTheyWereWritten) {
  const SecretKey key = SecretKey::generate();
  const auto read = SecretKey::parse(key.file_text(), error_);
  ASSERT_TRUE(read) << error_;
  EXPECT_EQ(read->file_text(), key.file_text());
  const auto shown = PublicKey::parse(key.public_key().file_text(), error_);
  ASSERT_TRUE(shown) << error_;
  EXPECT_EQ(shown->id, key.public_key().id);
  EXPECT_EQ(key_id(to_text(shown->id)), shown->id);
  EXPECT_NE(SecretKey::generate().public_key().id, key.public_key().id);
}

TEST_F(Minisign, WhatIsBrokenIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("RW"), text_of("test.key"), text_of("message.txt.minisig")}) {
    EXPECT_FALSE(PublicKey::parse(text, error_));
    EXPECT_EQ(error_, "this is no public key of minisign, which begins with RW");
  }
  EXPECT_FALSE(SecretKey::parse(text_of("key.pub"), error_));
  EXPECT_EQ(error_, "this is no secret key of minisign");
  const std::string whole = text_of("message.txt.minisig");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_FALSE(Signature::parse(whole.substr(0, size), error_)) << size;
    EXPECT_EQ(error_, "this is no signature of minisign");
  }
  EXPECT_FALSE(key_id("CE4C2FF5BEF9ED2"));
  EXPECT_FALSE(key_id("CE4C2FF5BEF9ED2g"));
}

TEST_F(Minisign, SecretKeysWithAPasswordAreLeftToMinisign) {
  std::string text = text_of("test.key");
  // "Sc" for scrypt where a key without a password has two zeros.
  text.replace(text.find('\n') + 1, 8, "RWRTY0Iy");
  EXPECT_FALSE(SecretKey::parse(text, error_));
  EXPECT_NE(error_.find("has a password"), std::string::npos) << error_;
}

TEST_F(Minisign, WhatCannotBeReadIsNotCalledModified) {
  const Signature made = signature(text_of("message.txt.minisig"));
  EXPECT_FALSE(made.holds(public_key("key.pub"), -1, std::nullopt, error_));
  EXPECT_NE(error_.find("it cannot be read"), std::string::npos) << error_;
}

}  // namespace
}  // namespace trellis::signing

#include "common/http_credentials/access_keys.hpp"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <chrono>

#include "common/base64/base64.hpp"

namespace http_credentials {
namespace {

using std::chrono::seconds;
using trellis::Status;

constexpr seconds kExpiry{1'893'596'645};

// Made by an independent implementation with the key "S0VZ".
constexpr std::string_view kOfLibrary =
    "r=https%3A%2F%2Ft.r-1.eventgrid.azure.net%2Fapi%2Fevents%3FapiVersion%3D2018-01-01&e=1%2F2%2F2030%203%3A04%3A05%"
    "20PM"
    "&s=BqAN82hcQ1tgi9%2B4ADr25WwTrNSytofeY3Atiz2syFw%3D";
constexpr std::string_view kOfTopic =
    "r=https%3A%2F%2Flocalhost%3A8443%2Ftopics%2Forders&e=2030-01-02T15%3A04%3A05"
    "&s=p7v21rZZ6%2F9a6SII3rKRZVMp0FkOrzSScjUwOXbO6Ts%3D";

AccessKeys keys(const std::vector<std::string>& texts = {"b3RoZXI=", "S0VZ"}) {
  return AccessKeys::make(texts).value();
}

/// What is wrong with a token; "good" where nobody signed it but who has a key.
trellis::Error sas(std::string_view token, const AccessKeys& with = keys()) {
  const auto good = with.check_sas(token);
  return good ? trellis::fail("good", Status::ok) : good.error();
}

TEST(AccessKeys, AreOneOrTwoInBase64) {
  EXPECT_TRUE(AccessKeys::make({"S0VZ"}));
  EXPECT_EQ(AccessKeys::make({}).error().text, "there are 0 keys, expected one or two");
  EXPECT_EQ(AccessKeys::make({"S0VZ", "S0VZ", "S0VZ"}).error().text, "there are 3 keys, expected one or two");
  EXPECT_EQ(AccessKeys::make({"S0VZ", "!secret!"}).error().text, "key 2 is not base64");
  EXPECT_EQ(AccessKeys::make({""}).error().text, "key 1 is not base64");
  EXPECT_TRUE(AccessKeys::make({std::string(128, 'A')}));
  EXPECT_EQ(AccessKeys::make({std::string(132, 'A')}).error().text, "key 1 has more than 128 characters");
}

TEST(AccessKeys, OpenByEitherOfThemExactly) {
  EXPECT_TRUE(keys().check_key("S0VZ"));
  EXPECT_TRUE(keys().check_key("b3RoZXI="));
  for (const char* wrong : {"", "S0V", "S0VZ ", "s0VZ", "b3RoZXI", "KEY"}) {
    EXPECT_FALSE(keys().check_key(wrong)) << wrong;
  }
  const std::string longest(128, 'A');
  EXPECT_TRUE(keys({longest}).check_key(longest));
  EXPECT_FALSE(keys({longest}).check_key(longest + "A"));
  using namespace std::string_view_literals;
  EXPECT_FALSE(keys().check_key("S0VZ\0"sv)) << "the padding is no part of a key";
}

TEST(AccessKeys, TakeTokensThatOtherImplementationsMade) {
  const auto of_library = keys().check_sas(kOfLibrary);
  ASSERT_TRUE(of_library);
  EXPECT_EQ(of_library->expires(), kExpiry);
  EXPECT_TRUE(of_library->is_for("t.r-1.eventgrid.azure.net") && of_library->covers("/api/events"));
  const auto of_topic = keys({"S0VZ"}).check_sas(kOfTopic);
  ASSERT_TRUE(of_topic);
  EXPECT_EQ(of_topic->expires(), kExpiry);
  EXPECT_TRUE(of_topic->is_for("localhost") && of_topic->covers("/topics/orders:publish"));
}

TEST(AccessKeys, TakeNoTokenThatAnotherKeySigned) {
  const auto error = sas(kOfTopic, keys({"b3RoZXI="}));
  EXPECT_EQ(error.text, "the signature of the SAS token is wrong");
  EXPECT_EQ(error.status, Status::bad_credentials);
}

// The signature is over what was written, not over what it means.
TEST(AccessKeys, TakeNoTokenThatWasEncodedAnew) {
  std::string again(kOfTopic);
  again.replace(again.find("%3A"), 3, "%3a");
  EXPECT_EQ(sas(again).text, "the signature of the SAS token is wrong");
}

TEST(AccessKeys, RefuseWhatIsNoToken) { EXPECT_EQ(sas("S0VZ").status, Status::invalid); }

// As one client does it, which writes blanks as '+' and escapes in lower case.
TEST(AccessKeys, TakeATokenOfEveryEncoding) {
  const std::string text = "r=https%3a%2f%2flocalhost%2ftopics%2forders&e=1%2f2%2f2030+3%3a04%3a05+PM";
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ASSERT_NE(HMAC(EVP_sha256(), "KEY", 3, reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size),
            nullptr);
  const std::string signature = common::to_base64({reinterpret_cast<const char*>(mac), size});
  EXPECT_EQ(sas(text + "&s=" + signature).text, "good") << signature;
}

}  // namespace
}  // namespace http_credentials

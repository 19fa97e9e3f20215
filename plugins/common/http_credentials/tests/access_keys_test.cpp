#include "common/http_credentials/access_keys.hpp"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "common/base64/base64.hpp"

namespace http_credentials {
namespace {

using std::chrono::seconds;
using trellis::Status;

constexpr seconds kBefore{1'893'596'644};
const std::vector<std::string> kHosts = {"t.r-1.eventgrid.azure.net", "localhost"};

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

trellis::Error sas(std::string_view token, std::string_view path, seconds now = kBefore,
                   const AccessKeys& with = keys()) {
  const auto good = with.check_sas(token, kHosts, path, now);
  return good ? trellis::fail("good", Status::ok) : good.error();
}

TEST(AccessKeys, AreOneOrTwoInBase64) {
  EXPECT_TRUE(AccessKeys::make({"S0VZ"}));
  EXPECT_EQ(AccessKeys::make({}).error().text, "there are 0 keys, expected one or two");
  EXPECT_EQ(AccessKeys::make({"S0VZ", "S0VZ", "S0VZ"}).error().text, "there are 3 keys, expected one or two");
  EXPECT_EQ(AccessKeys::make({"S0VZ", "!secret!"}).error().text, "key 2 is not base64");
  EXPECT_EQ(AccessKeys::make({""}).error().text, "key 1 is not base64");
}

TEST(AccessKeys, OpenByEitherOfThemExactly) {
  EXPECT_TRUE(keys().check_key("S0VZ"));
  EXPECT_TRUE(keys().check_key("b3RoZXI="));
  for (const char* wrong : {"", "S0V", "S0VZ ", "s0VZ", "b3RoZXI", "KEY"}) {
    const auto judged = keys().check_key(wrong);
    ASSERT_FALSE(judged) << wrong;
    EXPECT_EQ(judged.error().text, "the key is wrong");
    EXPECT_EQ(judged.error().status, Status::bad_credentials);
  }
}

TEST(AccessKeys, TakeTokensThatOtherImplementationsMade) {
  EXPECT_EQ(sas(kOfLibrary, "/api/events").text, "good");
  EXPECT_EQ(sas(kOfTopic, "/topics/orders:publish").text, "good");
  EXPECT_EQ(sas(kOfTopic, "/topics/orders:publish", kBefore, keys({"S0VZ"})).text, "good");
}

TEST(AccessKeys, TakeNoTokenThatAnotherKeySigned) {
  const auto error = sas(kOfTopic, "/topics/orders:publish", kBefore, keys({"b3RoZXI="}));
  EXPECT_EQ(error.text, "the signature of the SAS token is wrong");
  EXPECT_EQ(error.status, Status::bad_credentials);
}

// The signature is over what was written, not over what it means.
TEST(AccessKeys, TakeNoTokenThatWasEncodedAnew) {
  std::string again(kOfTopic);
  again.replace(again.find("%3A"), 3, "%3a");
  EXPECT_EQ(sas(again, "/topics/orders:publish").text, "the signature of the SAS token is wrong");
}

TEST(AccessKeys, TakeATokenUntilItExpires) {
  EXPECT_EQ(sas(kOfTopic, "/topics/orders", kBefore + seconds(1)).text, "the SAS token is expired");
  EXPECT_EQ(sas(kOfLibrary, "/api/events", kBefore + seconds(1)).text, "the SAS token is expired");
}

TEST(AccessKeys, TakeATokenForItsResourceOnly) {
  const auto error = sas(kOfTopic, "/topics/other:publish");
  EXPECT_EQ(error.text, "the SAS token is for something else");
  EXPECT_EQ(error.status, Status::not_authorized);
}

TEST(AccessKeys, RefuseWhatIsNoToken) { EXPECT_EQ(sas("S0VZ", "/").status, Status::invalid); }

// As one client does it, which writes blanks as '+' and escapes in lower case.
TEST(AccessKeys, TakeATokenOfEveryEncoding) {
  const std::string text = "r=https%3a%2f%2flocalhost%2ftopics%2forders&e=1%2f2%2f2030+3%3a04%3a05+PM";
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ASSERT_NE(HMAC(EVP_sha256(), "KEY", 3, reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size),
            nullptr);
  const std::string signature = common::to_base64({reinterpret_cast<const char*>(mac), size});
  EXPECT_EQ(sas(text + "&s=" + signature, "/topics/orders:publish").text, "good") << signature;
}

}  // namespace
}  // namespace http_credentials

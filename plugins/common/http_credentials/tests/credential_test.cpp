#include "common/http_credentials/credential.hpp"

#include <gtest/gtest.h>

namespace http_credentials {
namespace {

struct Found {
  Kind kind;
  std::string text;
  bool operator==(const Found&) const = default;
  friend void PrintTo(const Found& found, std::ostream* out) { *out << static_cast<int>(found.kind) << found.text; }
};

Found find(const RequestParts& request) {
  std::string decoded;
  const auto found = find_credential(request, decoded);
  return found ? Found{found->kind, std::string(found->text)} : Found{Kind::none, found.error().text};
}

TEST(Credential, IsAKeyInThreePlaces) {
  EXPECT_EQ(find({.authorization = "SharedAccessKey a+b/c="}), (Found{Kind::key, "a+b/c="}));
  EXPECT_EQ(find({.key = "a+b/c="}), (Found{Kind::key, "a+b/c="}));
  EXPECT_EQ(find({.query = "aeg-sas-key=a%2Bb%2Fc%3D"}), (Found{Kind::key, "a+b/c="}));
  EXPECT_EQ(find({.query = "x=1&aeg-sas-key=a+b/c=&y"}), (Found{Kind::key, "a+b/c="})) << "'+' is no blank here";
}

TEST(Credential, IsASasTokenInTwo) {
  EXPECT_EQ(find({.authorization = "SharedAccessSignature r=1&e=2&s=3"}), (Found{Kind::sas, "r=1&e=2&s=3"}));
  EXPECT_EQ(find({.token = "r=1&e=2&s=3"}), (Found{Kind::sas, "r=1&e=2&s=3"}));
}

TEST(Credential, IsABearerToken) {
  EXPECT_EQ(find({.authorization = "Bearer a.b.c"}), (Found{Kind::bearer, "a.b.c"}));
  EXPECT_EQ(find({.authorization = "  bearer   a.b.c "}), (Found{Kind::bearer, "a.b.c"}));
}

TEST(Credential, IsNoneWhereNobodyKnowsTheScheme) {
  for (const char* field : {"", "Basic YTpi", "Bearer", "SharedAccessKeyX a", "a.b.c"}) {
    EXPECT_EQ(find({.authorization = field}), (Found{Kind::none, ""})) << field;
  }
  EXPECT_EQ(find({.query = "AEG-SAS-KEY=a&aeg-sas-key"}), (Found{Kind::none, ""}));
}

TEST(Credential, IsTheOnlyOneOfItsRequest) {
  const Found several{Kind::none, "the request shows more than one credential"};
  EXPECT_EQ(find({.authorization = "Bearer a", .key = "a"}), several);
  EXPECT_EQ(find({.key = "a", .token = "a"}), several);
  EXPECT_EQ(find({.key = "a", .query = "aeg-sas-key=a"}), several);
  EXPECT_EQ(find({.query = "aeg-sas-key=a&aeg-sas-key=b"}), several);
}

TEST(Credential, IsRefusedWhereItCannotBeRead) {
  EXPECT_EQ(find({.query = "aeg-sas-key=%4"}).text, "the key in the query is not percent-encoded as it should be");
  EXPECT_EQ(find({.key = std::string(8193, 'a')}).text, "the credential has more than 8192 bytes");
}

}  // namespace
}  // namespace http_credentials

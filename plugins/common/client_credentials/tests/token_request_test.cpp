// The request that fetches a token.
#include "common/client_credentials/token_request.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(TokenRequest, EncodesWhoAsksAndForWhat) {
  const TokenRequest made = token_request(trellis::http::parse_url("https://login.example.com/token").value(),
                                          {"bro:ker", "s&cret", "api://judge/.default", "tls-b"});
  EXPECT_EQ(made.form, "grant_type=client_credentials&scope=api%3A%2F%2Fjudge%2F.default");
  EXPECT_EQ(made.authorization, "Basic YnJvJTNBa2VyOnMlMjZjcmV0") << "bro%3Aker:s%26cret";
  const auto sent = made.to_send();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.layer, "tls-b");
  EXPECT_EQ(sent.body, made.form);
}

TEST(TokenRequest, WithoutAScopeNoneIsAskedFor) {
  const auto url = trellis::http::parse_url("https://login.example.com/token").value();
  EXPECT_EQ(token_request(url, {"a", "b", "", ""}).form, "grant_type=client_credentials");
  EXPECT_NE(token_request(url, {"a", "b", "", ""}).key, token_request(url, {"a", "c", "", ""}).key);
}

TEST(Filled, PutsTheWordIn) {
  EXPECT_EQ(filled("a{t}b{t}", "{t}", "x"), "axbx");
  EXPECT_EQ(filled("a{t}", "{t}", "{t}"), "a{t}");
  EXPECT_EQ(filled("", "{t}", "x"), "");
}

}  // namespace
}  // namespace common

// Accounts in settings, and what names them.
#include "common/azure_storage/account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/checked_block/checked_block.hpp"

namespace azure_storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "MDEyMzQ1Njc4OWFiY2RlZg==";

trellis::Result<std::vector<Account>> read(const std::string& list) {
  static const common::BlockSchema schema(trellis::Schema{}.list("accounts", account_schema(), {.help = "Them."}));
  const auto block = trellis::Config::parse(R"({"accounts": [)" + list + "]}");
  const auto checked = schema.check(block.value());
  if (!checked) return checked.error();
  return read_accounts(checked->list("accounts"));
}

std::string refusal(const std::string& list) {
  const auto accounts = read(list);
  return accounts ? "" : accounts.error().text;
}

TEST(Accounts, AnswerWhereAzureHasThem) {
  const auto accounts = read(R"({"name": "shop", "key": ")" + kKey + R"("}, {"name": "gov", "sas_token": "?sv=1&sig=x",
                             "endpoint_suffix": "core.usgovcloudapi.net"})");
  ASSERT_TRUE(accounts) << accounts.error().text;
  const Account* const shop = find_account(*accounts, "shop");
  ASSERT_NE(shop, nullptr);
  EXPECT_EQ(shop->key, "0123456789abcdef");
  EXPECT_EQ(shop->blob.origin(), "https://shop.blob.core.windows.net");
  EXPECT_EQ(shop->queue.origin(), "https://shop.queue.core.windows.net");
  EXPECT_EQ(find_account(*accounts, "gov")->sas, "sv=1&sig=x");
  EXPECT_EQ(find_account(*accounts, "gov")->queue.host, "gov.queue.core.usgovcloudapi.net");
  EXPECT_EQ(find_account(*accounts, "else"), nullptr);
}

TEST(Accounts, AnswerSomewhereElse) {
  const auto accounts = read(R"({"name": "devstoreaccount1", "key": ")" + kKey +
                             R"(", "blob_endpoint": "http://127.0.0.1:10000/devstoreaccount1/"})");
  ASSERT_TRUE(accounts) << accounts.error().text;
  EXPECT_EQ(accounts->front().blob.target, "/devstoreaccount1");
  EXPECT_EQ(accounts->front().blob.port, 10000);
}

TEST(Accounts, ThatCannotWorkAreRefused) {
  const std::string name = R"("name": "shop")";
  EXPECT_EQ(refusal("{" + name + "}"), "/accounts/0/key: expected either key or sas_token, found neither");
  EXPECT_EQ(refusal("{" + name + R"(, "key": "AAAA", "sas_token": "sig=x"})"),
            "/accounts/0/key: expected either key or sas_token, found both");
  EXPECT_EQ(refusal("{" + name + R"(, "key": "no base64!"})"),
            "/accounts/0/key: is not base64, as keys of storage accounts are");
  EXPECT_THAT(
      refusal("{" + name + R"(, "sas_token": "sv=2021&xsig=SECRET"})"),
      ::testing::AllOf(HasSubstr("/accounts/0/sas_token: is no shared access signature"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(refusal("{" + name + R"(, "sas_token": "sig=a b"})"), HasSubstr("/accounts/0/sas_token: "));
  EXPECT_EQ(refusal(R"({"name": "Shop", "key": "AAAA"})"),
            R"(/accounts/0/name: expected 1 to 24 small letters and digits, found "Shop")");
  EXPECT_THAT(refusal("{" + name + R"(, "key": "AAAA", "blob_endpoint": "http://blobs.example.org"})"),
              HasSubstr("/accounts/0/blob_endpoint: found an http:// URL"));
  EXPECT_EQ(refusal("{" + name + R"(, "key": "AAAA", "queue_endpoint": "https://a.example.org/?x=1"})"),
            "/accounts/0/queue_endpoint: expected a URL without a query");
  EXPECT_THAT(refusal("{" + name + R"(, "key": "AAAA", "endpoint_suffix": "a b"})"),
              HasSubstr("/accounts/0/endpoint_suffix: "));
  EXPECT_EQ(refusal("{" + name + R"(, "key": "AAAA"}, {)" + name + R"(, "key": "AAAA"})"),
            R"(/accounts/1/name: "shop" is there twice)");
}

TEST(Accounts, AreNamedByResourceIds) {
  EXPECT_EQ(account_in("/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/shop").value(),
            "shop");
  EXPECT_EQ(account_in("/subscriptions/1/resourcegroups/g/providers/microsoft.storage/STORAGEACCOUNTS/Shop").value(),
            "shop");
  EXPECT_EQ(account_in("shop").value(), "shop");
  EXPECT_FALSE(account_in("/subscriptions/1/providers/Microsoft.EventHub/namespaces/shop"));
  EXPECT_FALSE(account_in("a/shop"));
  EXPECT_FALSE(account_in(""));
  EXPECT_THAT(account_in("no/such").error().text, HasSubstr(R"(found "no/such")"));
}

TEST(ResourceNames, AreThoseOfAzure) {
  for (const char* const name : {"abc", "dead-letters", "a1-b2-c3"}) EXPECT_TRUE(is_resource_name(name)) << name;
  for (const char* const name : {"ab", "Abc", "-ab", "ab-", "a--b", "a/b", "a.b", ""}) {
    EXPECT_FALSE(is_resource_name(name)) << name;
  }
  EXPECT_TRUE(is_resource_name(std::string(63, 'a')));
  EXPECT_FALSE(is_resource_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace azure_storage

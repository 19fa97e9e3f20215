// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>
#include <trellis/json.hpp>

#include "fixture.hpp"

namespace storage_queue {
namespace {

using namespace storage_queue::testing;

class Blocks : public HandlerTest {
 protected:
  std::string refusal(const std::string& properties) {
    return plugin_.refusal(R"({"properties": {)" + properties + "}}");
  }
  const Driver plugin_ = load();
  const std::string url_ = R"("queueUrl": "https://shop.queue.core.windows.net/orders")";
  const std::string id_ =
      R"("resourceId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/shop")";
};

TEST_F(Blocks, NameAQueueInOneOfTwoWays) {
  EXPECT_EQ(refusal(id_ + R"(, "queueName": "orders")"), "");
  EXPECT_EQ(refusal(url_), "");
  EXPECT_EQ(plugin_.refusal("{}"), R"(the block: "properties" is missing)");
  EXPECT_EQ(refusal(""), "/properties: expected either queueUrl, or resourceId with queueName");
  EXPECT_EQ(refusal(url_ + R"(, "queueName": "orders")"),
            "/properties: expected either queueUrl, or resourceId with queueName");
  EXPECT_EQ(refusal(id_), R"(/properties/queueName: expected 3 to 63 small letters, digits and single '-', found "")");
  EXPECT_THAT(refusal(R"("queueName": "orders")"), StartsWith("/properties/resourceId: expected the id of a storage"));
  EXPECT_THAT(refusal(R"("queueUrl": "https://shop.queue.core.windows.net/")"),
              StartsWith("/properties/queueUrl: does not end with the name of a queue"));
  EXPECT_THAT(refusal(R"("queueUrl": "http://shop.queue.core.windows.net/orders")"),
              StartsWith("/properties/queueUrl: found an http:// URL"));
  EXPECT_EQ(refusal(R"("queueURL": "x")"), R"(/properties: unknown key "queueURL"; did you mean "queueUrl"?)");
}

TEST_F(Blocks, KnowTheirAccount) {
  EXPECT_THAT(refusal(R"("resourceId": "other", "queueName": "orders")"),
              StartsWith(R"(/properties/resourceId: the plugin's setting accounts has no storage account "other")"));
  EXPECT_EQ(refusal(R"("resourceId": "shop", "queueName": "orders", "accountKey": "AAAA")"),
            "/properties: accountKey and sasToken go with queueUrl");
  EXPECT_EQ(refusal(url_ + R"(, "accountKey": "no base64!")"),
            "/properties/accountKey: is not base64, as keys of storage accounts are");
  EXPECT_EQ(refusal(url_ + R"(, "accountKey": "AAAA", "sasToken": "sig=a")"),
            "/properties/accountKey: expected either accountKey or sasToken, found both");
}

TEST_F(Blocks, SendAKnownKeyNowhereElse) {
  EXPECT_THAT(refusal(R"("queueUrl": "https://shop.evil.example/orders")"),
              StartsWith(R"(/properties/queueUrl: is not where the plugin's account "shop" has its queues)"));
}

TEST_F(Blocks, HaveBounds) {
  EXPECT_EQ(refusal(url_ + R"(, "queueMessageTimeToLiveInSeconds": 0)"),
            "/properties/queueMessageTimeToLiveInSeconds: expected -1, for ever, or 1 and more seconds, found 0");
  EXPECT_EQ(refusal(url_ + R"(, "queueMessageTimeToLiveInSeconds": -2)"),
            "/properties/queueMessageTimeToLiveInSeconds: is out of range; expected -1 to 2147483647");
  EXPECT_EQ(refusal(url_ + R"(, "queueMessageTimeToLiveInSeconds": 60, "visibilityTimeoutInSeconds": 60)"),
            "/properties/visibilityTimeoutInSeconds: has to be less than queueMessageTimeToLiveInSeconds");
  EXPECT_EQ(refusal(url_ + R"(, "visibilityTimeoutInSeconds": 604801)"),
            "/properties/visibilityTimeoutInSeconds: is out of range; expected 0 to 604800");
}

TEST(Settings, OfThePlugin) {
  TestHost host;
  EXPECT_EQ(host.refusal<StorageQueueHandler>("{}"), "");
  TestHost other;
  EXPECT_THAT(other.refusal<StorageQueueHandler>(R"({"accounts": [{"name": "shop"}]})"),
              StartsWith("/accounts/0/key: expected either key or sas_token, found neither"));
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(QUEUES_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 10u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace storage_queue

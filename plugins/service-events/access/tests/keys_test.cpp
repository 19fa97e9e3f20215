// Access keys: which are taken, and what they open.
#include <atomic>
#include <thread>

#include "access/access_keys.hpp"
#include "access/key_ring.hpp"
#include "fixture.hpp"

namespace events_service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Another one each time, of 33 bytes.
std::string fresh_key() {
  static int made = 0;
  const std::string number = std::to_string(++made);
  return std::string(44 - number.size(), 'k') + number;
}

class AccessKeysTest : public AccessTest {};

TEST_F(AccessKeysTest, AreTwoOfAFewBytesInBase64) {
  EXPECT_EQ(put_key("key1", kKey1), "");
  EXPECT_EQ(put_key("key2", "MTIzNDU2Nzg5MDEyMzQ1Ng=="), "") << "16 bytes";
  EXPECT_EQ(put_key("key1", fresh_key()), "");
  EXPECT_EQ(put_key("key1", std::string(128, 'A')), "") << "96 bytes";
  EXPECT_THAT(put_key("key3", kKey1), HasSubstr("named key1 and key2, not \"key3\""));
  EXPECT_THAT(put_key("key1", "MTIzNDU2Nzg5MDEyMzQ1"), HasSubstr("/key: found 15 bytes in base64, expected 16 to 96"));
  EXPECT_THAT(put_key("key1", std::string(132, 'A')), HasSubstr("/key: found 99 bytes in base64, expected 16 to 96"));
  const std::string wrong = put_key("key1", "not!base64!at!all!not!base64!");
  EXPECT_THAT(wrong, HasSubstr("/key: what is there is not base64"));
  EXPECT_THAT(wrong, Not(HasSubstr("at!all")));
  EXPECT_NE(host_->put_resource(kAccessKeys, "key1", "{}"), "") << "a key is needed";
}

TEST_F(AccessKeysTest, OpenInAllTheirPlaces) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  ASSERT_EQ(put_key("key2", kKey2), "");
  const Answer good{200, "key 'key'"};
  for (const std::string& key : {std::string(kKey1), std::string(kKey2)}) {
    for (const std::string_view path : {kPublish, kReceive}) {
      EXPECT_EQ(ask(path, "authorization", "SharedAccessKey " + key), good);
      EXPECT_EQ(ask(path, "authorization", "sharedaccesskey " + key), good);
      EXPECT_EQ(ask(path, "aeg-sas-key", key), good);
      RequestSample request = sample(path);
      request.query = "api-version=2024-06-01&aeg-sas-key=" + key;
      EXPECT_EQ(ask(request), good) << "'+' and '=' as they are";
      request.query = "aeg-sas-key=" + trellis::http::percent_encode(key) + "&api-version=2024-06-01";
      EXPECT_EQ(ask(request), good);
    }
  }
  EXPECT_EQ(count("key", "allowed"), 20);
}

TEST_F(AccessKeysTest, WrongOnesAreRefusedAndToldNobody) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  for (const std::string& wrong :
       {std::string(kKey2), std::string(kKey1).substr(1), std::string(kKey1) + "=", std::string("x")}) {
    const Answer answer = ask(kPublish, "aeg-sas-key", wrong);
    EXPECT_EQ(answer.status, 401u);
    EXPECT_THAT(answer.text, HasSubstr("key '' Unauthorized: the access key is wrong"));
    EXPECT_THAT(answer.text, Not(HasSubstr(std::string(kKey1))));
  }
  EXPECT_FALSE(host_->logged(kKey1));
  EXPECT_FALSE(host_->logged(kKey2));
  EXPECT_EQ(count("key", "refused"), 4);
}

TEST_F(AccessKeysTest, WarningsComeOnceInAWhile) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  const auto warnings = [&] {
    const auto logs = host_->logs();
    return std::ranges::count_if(logs, [](const auto& line) {
      return line.text == "a request of the event API is refused for the credential it shows";
    });
  };
  EXPECT_EQ(ask(sample(kPublish)).status, 401u);
  EXPECT_EQ(warnings(), 0) << "who shows nothing guesses nothing";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of_key("wrong", static_cast<std::uint32_t>(i % 2)), 401u);
  EXPECT_EQ(warnings(), 1);
  host_->advance(11s);
  EXPECT_EQ(status_of_key("wrong"), 401u);
  EXPECT_EQ(warnings(), 2);
}

TEST_F(AccessKeysTest, AreOfOneNamespace) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  ASSERT_EQ(put_key("key1", kKey2, "other"), "");
  RequestSample request = sample(kPublish, "aeg-sas-key", kKey1);
  EXPECT_EQ(ask(request).status, 200u);
  request.name_space = other_;
  EXPECT_EQ(ask(request).status, 401u);
  request.headers = {{"aeg-sas-key", std::string(kKey2)}};
  EXPECT_EQ(ask(request).status, 200u);
}

TEST_F(AccessKeysTest, AreChangedOneByOneWhileTheOtherOneOpens) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  ASSERT_EQ(put_key("key2", kKey2), "");
  for (int round = 0; round < 10; ++round) {
    const std::string fresh = fresh_key();
    for (const std::uint32_t shard : {0U, 1U}) EXPECT_EQ(status_of_key(fresh, shard), 401u);
    ASSERT_EQ(put_key("key1", fresh), "");
    for (const std::uint32_t shard : {0U, 1U}) {
      EXPECT_EQ(status_of_key(fresh, shard), 200u);
      EXPECT_EQ(status_of_key(kKey2, shard), 200u);
      EXPECT_EQ(status_of_key(kKey1, shard), 401u);
    }
  }
  ASSERT_EQ(host_->remove_resource(kAccessKeys, "key2"), "");
  host_->turn();
  EXPECT_EQ(status_of_key(kKey2), 401u);
}

TEST_F(AccessKeysTest, WithoutAnyARequestIsToldHowToMakeThem) {
  const std::string how =
      R"*(the namespace "default" has no access keys: make one with trellis ctl keys regenerate key1, or in a file of )*"
      R"*(its resources: {"accessKeys": {"key1": {"key": "<base64>"}}})*";
  EXPECT_EQ(ask(sample(kPublish)), (Answer{401, "nothing '' Unauthorized: " + how}));
  EXPECT_EQ(ask(kPublish, "aeg-sas-key", kKey1), (Answer{401, "key '' Unauthorized: " + how}));
  EXPECT_EQ(ask(kPublish, "aeg-sas-token", "x"), (Answer{401, "sas '' Unauthorized: " + how}));
  EXPECT_EQ(ask(kPublish, "authorization", "Bearer x"), (Answer{401, "bearer '' Unauthorized: " + how}));
}

TEST_F(AccessKeysTest, OpenNothingWhereTheNamespaceSaysSo) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  ASSERT_EQ(host_->put_resource("namespaces", "default", R"({"disableLocalAuth": true})"), "");
  host_->turn();
  const std::string why =
      R"( '' Unauthorized: the namespace "default" takes no keys and no SAS tokens (disableLocalAuth), and no issuer )"
      "of bearer tokens is configured (access.bearer)";
  EXPECT_EQ(ask(kPublish, "aeg-sas-key", kKey1), (Answer{401, "key" + why}));
  EXPECT_EQ(ask(kPublish, "aeg-sas-token", sas_token(kKey1, "https://localhost", kLater)), (Answer{401, "sas" + why}));
  ASSERT_EQ(host_->put_resource("namespaces", "default", R"({"disableLocalAuth": false})"), "");
  host_->turn();
  EXPECT_EQ(status_of_key(kKey1), 200u);
}

TEST_F(AccessKeysTest, OneCredentialOnlyIsShown) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  const Answer several{400, "unknown '' BadRequest: the request shows more than one credential"};
  RequestSample request = sample(kPublish, "aeg-sas-key", kKey1);
  request.query = "aeg-sas-key=" + std::string(kKey1);
  EXPECT_EQ(ask(request), several);
  request.query.clear();
  request.headers.emplace_back("authorization", "Bearer x");
  EXPECT_EQ(ask(request), several);
  request.headers = {{"authorization", "SharedAccessKey " + std::string(kKey1)}, {"authorization", "Basic eA=="}};
  EXPECT_EQ(ask(request), several) << "a field that repeats";
}

TEST_F(AccessKeysTest, WhoShowsNothingOfUseIsToldWhatIs) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  const std::string expected =
      ", expected Authorization: SharedAccessKey <key>, or Authorization: SharedAccessSignature <token>";
  EXPECT_EQ(ask(sample(kPublish)), (Answer{401, "nothing '' Unauthorized: found no credential" + expected}));
  EXPECT_EQ(ask(kPublish, "authorization", "Basic c2VjcmV0"),
            (Answer{401, "unknown '' Unauthorized: found an Authorization of an unknown scheme" + expected}));
  EXPECT_THAT(ask(kPublish, "authorization", "Bearer x").text, HasSubstr("no issuer is configured (access.bearer)"));
}

class AnonymousTest : public AccessTest {
 protected:
  AnonymousTest() : AccessTest(R"({"anonymous": true})") {}
};

TEST_F(AnonymousTest, EverybodyMayDoEverything) {
  EXPECT_TRUE(host_->logged("access.anonymous is true"));
  const Answer good{200, "nothing 'anonymous'"};
  EXPECT_EQ(ask(sample(kPublish)), good);
  ASSERT_EQ(put_key("key1", kKey1), "");
  RequestSample request = sample(kReceive, "aeg-sas-key", "wrong");
  request.headers.emplace_back("authorization", "Bearer x");
  EXPECT_EQ(ask(request), good) << "no credential is looked at";
}

TEST_F(AccessKeysTest, EverybodyMayDoNothingUnlessAsked) { EXPECT_FALSE(host_->logged("access.anonymous")); }

// Keys change on the control thread while shards look at them.
TEST(KeyRing, GivesOldOrNewKeysAndAlwaysThoseThatStay) {
  const auto ring_of = [](const std::string& changing) {
    auto space = std::make_shared<NamespaceKeys>();
    space->keys = http_credentials::AccessKeys::make({changing, std::string(kKey2)}).value();
    return std::make_shared<const KeyRing::All>(1, std::move(space));
  };
  KeyRing ring;
  ring.set(ring_of(std::string(kKey1)));
  std::atomic<bool> done = false;
  std::atomic<int> refusals = 0;
  std::vector<std::thread> shards;
  for (int i = 0; i < 2; ++i) {
    shards.emplace_back([&] {
      std::uint64_t version = 0;
      std::shared_ptr<const KeyRing::All> all;
      while (!done) {
        if (const auto now = ring.version(); now != version) {
          version = now;
          all = ring.all();
        }
        if (!all->front()->keys->check_key(kKey2)) ++refusals;
      }
    });
  }
  std::string last;
  for (int i = 0; i < 2000; ++i) ring.set(ring_of(last = fresh_key()));
  done = true;
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(refusals, 0);
  EXPECT_TRUE(ring.all()->front()->keys->check_key(last));
  EXPECT_EQ(ring.version(), 2001u);
}

}  // namespace
}  // namespace events_service

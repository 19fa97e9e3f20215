// Dead letters in blobs of a storage account, which the test plays.
#include <map>

#include "common/http/target.hpp"
#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using trellis::testing::ProtocolConnection;

constexpr std::string_view kSettings =
    R"({"dead_letters":{"accounts":[{"name":"shop","key":"MDEyMzQ1Njc4OWFiY2RlZg=="}]}})";
constexpr std::string_view kBlobLetters = "/topics/orders/eventsubscriptions/audit/deadletters";

std::string destination(std::string_view properties) {
  return R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{"identity":{"type":)"
         R"("SystemAssigned"},"deadLetterDestination":{"endpointType":"StorageBlob","properties":{)" +
         std::string(properties) + "}}}}}}";
}

class BlobsBench {
 public:
  BlobsBench() : bench(kSettings) {
    bench.put("eventSubscriptions", "orders/audit",
              destination(R"("resourceId":"/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/)"
                          R"(storageAccounts/shop","blobContainerName":"dead")"));
  }

  void reject(std::string_view id) {
    ASSERT_EQ(bench.publish(EventsBench::event(id)).status(), 200u);
    const auto all = bench.receive(1);
    ASSERT_EQ(all.size(), 1u);
    ASSERT_EQ(bench.settled("reject", {all[0].token}), 1u);
  }
  /// Until it holds, the account answers.
  bool wait(const std::function<bool()>& done) {
    return bench.host.wait([&] {
      serve();
      return done();
    });
  }
  bool kept(std::int64_t count) {
    return wait([&] { return success() == count; });
  }
  ResponseWatch ask(std::string_view method, std::string_view path, std::string_view query = "") {
    auto watch = bench.request(method, path, query, "");
    EXPECT_TRUE(wait([&] { return watch.answered(); }));
    return watch;
  }
  std::int64_t success() { return bench.host.metric("trellis_events_dead_lettered_total", R"(outcome="success")"); }
  std::int64_t failure() { return bench.host.metric("trellis_events_dead_lettered_total", R"(outcome="failure")"); }
  std::int64_t locked() { return bench.host.metric("trellis_events_locked"); }

  EventsBench bench;
  std::map<std::string, std::string> blobs;  // by name, with the container in front
  std::uint32_t status = 0;                  // of all answers, where it is not 0
  std::string last_request;

 private:
  void serve() {
    if (!bench.host.dials().empty()) peers_.push_back(bench.host.answer_dial());
    for (ProtocolConnection& peer : peers_) {
      const std::string request = peer.open() ? peer.received() : std::string();
      if (!request.empty()) peer.send(answer(request));
    }
  }
  static std::string http(std::uint32_t code, std::string_view body = "", std::string_view error = "") {
    return "HTTP/1.1 " + std::to_string(code) + " Said\r\n" +
           (error.empty() ? "" : "x-ms-error-code: " + std::string(error) + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  std::string answer(const std::string& request) {
    last_request = request;
    if (status != 0) return http(status);
    const std::string method = request.substr(0, request.find(' '));
    const std::size_t begin = method.size() + 2;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    const std::string path = trellis::http::percent_decode(target.substr(0, target.find('?'))).value();
    if (target.find("comp=list") != std::string::npos) return http(200, listed(target));
    if (method == "PUT") {
      blobs[path] = request.substr(request.find("\r\n\r\n") + 4);
      return http(201);
    }
    if (blobs.count(path) == 0) return http(404, "", "BlobNotFound");
    if (method == "GET") return http(200, blobs[path]);
    blobs.erase(path);
    return http(202);
  }
  // One name in each answer, so that there are always others.
  std::string listed(const std::string& target) const {
    const auto value = [&](const std::string& name) {
      const std::size_t at = target.find("&" + name + "=");
      if (at == std::string::npos) return std::string();
      const std::size_t first = at + name.size() + 2;
      return trellis::http::percent_decode(target.substr(first, target.find('&', first) - first)).value();
    };
    const std::string prefix = "dead/" + value("prefix");
    const std::string marker = value("marker");
    for (auto blob = blobs.upper_bound(marker.empty() ? prefix : marker); blob != blobs.end(); ++blob) {
      if (!blob->first.starts_with(prefix)) break;
      const std::string rest = blob->first.substr(prefix.size());
      const std::size_t slash = rest.find('/');
      const std::string name = value("prefix") + rest.substr(0, slash);
      const std::string element = slash == std::string::npos ? "<Blob><Name>" + name + "</Name></Blob>"
                                                             : "<BlobPrefix><Name>" + name + "/</Name></BlobPrefix>";
      return "<EnumerationResults><Blobs>" + element + "</Blobs><NextMarker>" + blob->first +
             "</NextMarker></EnumerationResults>";
    }
    return "<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>";
  }

  std::vector<ProtocolConnection> peers_;
};

TEST(BlobLetters, LieByNamespaceTopicSubscriptionAndHour) {
  BlobsBench it;
  it.reject("a");
  ASSERT_TRUE(it.kept(1));
  ASSERT_EQ(it.blobs.size(), 1u);
  EXPECT_THAT(it.blobs.begin()->first,
              MatchesRegex("dead/[a-z]+/orders/audit/[0-9]+/[0-9]+/[0-9]+/[0-9]+/[0-9a-f-]+\\.json"));
  EXPECT_THAT(it.blobs.begin()->second,
              StartsWith("[\n{\"event\":" + EventsBench::event("a") +
                         ",\"customDeliveryProperties\":{},"
                         "\"deadLetterProperties\":{\"deadletterreason\":\"Event was rejected.\""));
  EXPECT_THAT(it.last_request, HasSubstr("\r\nx-ms-blob-type: BlockBlob\r\n"));
  EXPECT_THAT(it.last_request, HasSubstr("\r\nauthorization: SharedKey shop:"));
}

TEST(BlobLetters, LeaveTheirSubscriptionWhenTheBlobIsThere) {
  BlobsBench it;
  it.reject("a");
  ASSERT_TRUE(it.bench.host.wait([&] { return !it.bench.host.dials().empty(); }));
  auto peer = it.bench.host.answer_dial();
  EXPECT_THAT(peer.received(), StartsWith("PUT /dead/"));
  EXPECT_EQ(it.locked(), 1);
  EXPECT_EQ(it.success(), 0);
  peer.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(it.bench.host.wait([&] { return it.success() == 1; }));
  EXPECT_EQ(it.locked(), 0);
}

TEST(BlobLetters, AreTriedAgainWhileTheAccountIsAway) {
  BlobsBench it;
  it.reject("a");
  ASSERT_TRUE(it.bench.host.wait([&] { return !it.bench.host.dials().empty(); }));
  it.bench.host.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
  ASSERT_TRUE(it.bench.host.wait([&] { return it.failure() == 1; }));
  EXPECT_EQ(it.locked(), 1) << "the event is kept";
  EXPECT_TRUE(it.bench.host.logged("blob container dead at https://shop.blob.core.windows.net: "));
  it.status = 403;
  it.bench.host.advance(seconds(11));
  ASSERT_TRUE(it.wait([&] { return it.failure() == 2; }));
  it.status = 0;
  it.bench.host.advance(seconds(61));
  EXPECT_TRUE(it.kept(1));
  EXPECT_EQ(it.locked(), 0);
}

TEST(BlobLetters, AreListedShownAndPutBack) {
  BlobsBench it;
  for (const std::string id : {"a", "b", "c"}) {
    const std::int64_t before = it.success();
    it.reject(id);
    ASSERT_TRUE(it.kept(before + 1));
    it.bench.host.advance(std::chrono::hours(9));  // 9 and 18 are in the order of numbers, not of texts
  }
  const auto list = it.ask("GET", kBlobLetters);
  ASSERT_EQ(list.status(), 200u) << list.body();
  const auto body = trellis::Config::parse(list.body()).value();
  const auto entries = body.list("value");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].object("event").text("id"), "a");
  EXPECT_EQ(entries[2].object("event").text("id"), "c");
  const std::string first = std::string(kBlobLetters) + "/" + entries[0].text("id");
  const auto shown = it.ask("GET", first + "/0");
  EXPECT_THAT(shown.body(), HasSubstr(EventsBench::event("a")));
  EXPECT_EQ(it.ask("GET", std::string(kBlobLetters) + "/01a21d26-3df8-7000-8aa1-c77735f337ca/0").status(), 404u);
  EXPECT_EQ(it.ask("POST", first + ":redrive").body(), R"({"redriven":1,"failed":0,"skipped":0,"more":false})");
  EXPECT_EQ(it.blobs.size(), 2u);
  EXPECT_EQ(it.ask("POST", std::string(kBlobLetters) + ":redrive").body(),
            R"({"redriven":2,"failed":0,"skipped":0,"more":false})");
  EXPECT_TRUE(it.blobs.empty());
  EXPECT_EQ(ids(it.bench.receive()), (Ids{"a", "b", "c"}));
}

TEST(BlobLetters, HoldNobodyWhenThePluginStops) {
  BlobsBench it;
  it.reject("a");
  ASSERT_TRUE(it.bench.host.wait([&] { return !it.bench.host.dials().empty(); }));
  it.bench.service.instance().stop();  // and does not wait for an answer
  it.bench.host.turn();
  EXPECT_EQ(it.success(), 0);
}

TEST(BlobLetters, GoToAccountsOfTheSettings) {
  BlobsBench it;
  const auto refused = [&](std::string_view properties) {
    return it.bench.host.put_resource("eventSubscriptions", "orders/bad", destination(properties));
  };
  EXPECT_THAT(refused(R"("resourceId":"other","blobContainerName":"dead")"),
              HasSubstr("/properties/resourceId: the plugin's setting dead_letters.accounts has no storage account"));
  EXPECT_THAT(refused(R"("resourceId":"a/b","blobContainerName":"dead")"),
              HasSubstr("/properties/resourceId: expected the id of a storage account"));
  EXPECT_THAT(refused(R"("resourceId":"shop","blobContainerName":"../dead")"),
              HasSubstr("/properties/blobContainerName: expected 3 to 63 small letters"));
  EXPECT_THAT(refused(R"("resourceId":"shop","container":"dead")"),
              HasSubstr("/properties/container: no such property, expected resourceId or blobContainerName"));
  EXPECT_EQ(refused(R"("resourceId":"shop","blobContainerName":"dead")"), "");
  trellis::testing::TestHost host;
  EXPECT_THAT(host.refusal<Events>(R"({"dead_letters":{"accounts":[{"name":"shop"}]}})"),
              StartsWith("/dead_letters/accounts/0/key: expected either key or sas_token"));
}

}  // namespace
}  // namespace events_service::testing

// What is signed, and what a request looks like.
#include "common/azure_storage/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/azure_storage/xml.hpp"
#include "common/base64/base64.hpp"

namespace azure_storage {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kTime = 1'700'000'000'000ms;  // Tue, 14 Nov 2023 22:13:20 GMT

Account account(const std::string& endpoint = "https://shop.queue.core.windows.net") {
  Account made;
  made.name = "shop";
  made.key = "0123456789abcdef";
  made.queue = made.blob = read_endpoint(endpoint).value();
  return made;
}

std::string header(const trellis::http::ClientRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "none";
}

TEST(SharedKey, SignsMethodLengthHeadersPathAndQuery) {
  const auto request = make_request(account(), Service::queue,
                                    {"POST",
                                     "orders/messages",
                                     {{"visibilitytimeout", "5"}, {"messagettl", "-1"}},
                                     {{"content-type", "application/xml"}},
                                     "<a/>"},
                                    kTime);
  EXPECT_EQ(request.url.target, "/orders/messages?visibilitytimeout=5&messagettl=-1");
  EXPECT_EQ(
      text_to_sign(account(), request),
      "POST\n\n\n4\n\napplication/xml\n\n\n\n\n\n\nx-ms-date:Tue, 14 Nov 2023 22:13:20 GMT\nx-ms-version:2021-12-02\n"
      "/shop/orders/messages\nmessagettl:-1\nvisibilitytimeout:5");
}

TEST(SharedKey, HasNoLengthWithoutABody) {
  const auto request = make_request(account(), Service::blob, {"GET", "dead", {{"restype", "container"}}}, kTime);
  EXPECT_THAT(text_to_sign(account(), request), ::testing::StartsWith("GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:"));
}

// Made with: printf '<text>' | openssl dgst -sha256 -mac HMAC -macopt key:0123456789abcdef -binary | base64
TEST(SharedKey, IsWhatAnybodyComputes) {
  const auto request = make_request(account(), Service::blob, {"GET", "dead", {{"restype", "container"}}}, kTime);
  EXPECT_EQ(header(request, "authorization"), "SharedKey shop:JoTG4akzjkV+BKqYMSmwPTsen8a/e8jEBCcr+vPy/qA=");
}

TEST(SharedKey, OfAnEmulatorHasTheAccountInThePathTwice) {
  const auto local = account("http://127.0.0.1:10001/shop/");
  const auto request = make_request(local, Service::queue, {"GET", "orders", {{"comp", "metadata"}}}, kTime);
  EXPECT_EQ(request.url.target, "/shop/orders?comp=metadata");
  EXPECT_THAT(text_to_sign(local, request), EndsWith("\n/shop/shop/orders\ncomp:metadata"));
}

TEST(SharedKey, SignsNamesAsTheyAreSentAndValuesAsTheyAre) {
  const auto request =
      make_request(account(), Service::blob, {"GET", "dead/a%2Eb c.json", {{"prefix", "x/y z"}}}, kTime);
  EXPECT_EQ(request.url.target, "/dead/a%252Eb%20c.json?prefix=x%2Fy%20z");
  EXPECT_THAT(text_to_sign(account(), request), EndsWith("\n/shop/dead/a%252Eb%20c.json\nprefix:x/y z"));
}

TEST(Sas, StandsBehindTheQueryAndNothingIsSigned) {
  Account with_sas = account();
  with_sas.sas = "sv=2021-12-02&sig=abc%3D";
  const auto request =
      make_request(with_sas, Service::queue, {"POST", "orders/messages", {{"messagettl", "60"}}}, kTime);
  EXPECT_EQ(request.url.target, "/orders/messages?messagettl=60&sv=2021-12-02&sig=abc%3D");
  EXPECT_EQ(header(request, "authorization"), "none");
  EXPECT_EQ(make_request(with_sas, Service::queue, {"PUT", "orders", {}}, kTime).url.target,
            "/orders?sv=2021-12-02&sig=abc%3D");
}

TEST(Xml, IsEscapedAndRead) {
  EXPECT_EQ(escape_xml("a<b>&\"c\"\r\n"), "a&lt;b&gt;&amp;\"c\"&#13;\n");
  EXPECT_EQ(unescape_xml("&lt;a&amp;amp;&quot;&apos;&gt;&unknown;&"), "<a&amp;\"'>&unknown;&");
  EXPECT_EQ(element("<Error><Code>QueueNotFound</Code></Error>", "Code"), "QueueNotFound");
  EXPECT_EQ(element("<Error><Code>never ends", "Code"), "");
  EXPECT_EQ(element("<Coder>x</Coder>", "Code"), "");
  EXPECT_THAT(elements("<Name>a</Name><x/><Name></Name><Name>b</Name><Name>cut", "Name"),
              ::testing::ElementsAre("a", "", "b"));
}

}  // namespace
}  // namespace azure_storage

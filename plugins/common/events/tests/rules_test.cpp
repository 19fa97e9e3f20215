#include "common/events/rules.hpp"

#include <gtest/gtest.h>

namespace events {
namespace {

TEST(Rules, Timestamps) {
  for (const char* good :
       {"2026-01-02T03:04:05Z", "2026-12-31t23:59:60z", "2024-02-29T00:00:00.1+00:00", "2000-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.123456789012345678901234567890-23:59"}) {
    EXPECT_TRUE(is_timestamp(good)) << good;
  }
  for (const char* bad : {"",
                          "2026-01-02",
                          "2026-01-02T03:04:05",
                          "2026-01-02 03:04:05Z",
                          "2026-1-2T03:04:05Z",
                          "2026-13-01T00:00:00Z",
                          "2026-00-01T00:00:00Z",
                          "2026-01-00T00:00:00Z",
                          "2026-04-31T00:00:00Z",
                          "2023-02-29T00:00:00Z",
                          "1900-02-29T00:00:00Z",
                          "2026-01-01T24:00:00Z",
                          "2026-01-01T00:60:00Z",
                          "2026-01-01T00:00:61Z",
                          "2026-01-01T00:00:00.Z",
                          "2026-01-01T00:00:00,5Z",
                          "2026-01-01T00:00:00+24:00",
                          "2026-01-01T00:00:00+0000",
                          "2026-01-01T00:00:00+00:60",
                          "2026-01-01T00:00:00Zx",
                          "20260101T000000Z",
                          "02026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(is_timestamp(bad)) << bad;
  }
}

TEST(Rules, UriReferences) {
  for (const char* good : {"/s", "s", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "https://a.b:1/c?d=e&f#g",
                           "//a/b", "?q", "#f", "mailto:a@b", "a%20b", "10.0.0.7:8080", "/\xC3\xA4", "http://[::1]/"}) {
    EXPECT_TRUE(is_uri_reference(good)) << good;
  }
  for (const char* bad :
       {"", "a b", "a\"b", "<a>", "a\\b", "{a}", "a|b", "a^b", "a`b", "%", "%2", "%g0", "a#b#c", "a\nb"}) {
    EXPECT_FALSE(is_uri_reference(bad)) << bad;
  }
  EXPECT_TRUE(is_uri("urn:x"));
  EXPECT_TRUE(is_uri("a+b-c.d9:x"));
  for (const char* bad : {"", ":x", "/a", "1a:x", "a_b:c", "a b:c", "x: y"}) EXPECT_FALSE(is_uri(bad)) << bad;
}

TEST(Rules, MediaTypesNamesAndNumbers) {
  for (const char* good : {"application/json", "text/plain ; charset=utf-8", "a/b+c;", "*/*"})
    EXPECT_TRUE(is_media_type(good)) << good;
  for (const char* bad : {"", "json", "/json", "text/", "a b/c", "a/b c", "a/b/c", ";a/b"})
    EXPECT_FALSE(is_media_type(bad)) << bad;
  for (const char* good : {"a", "0", "abc123", "datax", "anamethatislongerthantwentyletters"})
    EXPECT_TRUE(is_attribute_name(good)) << good;
  for (const char* bad : {"", "data", "A", "a_b", "a-b", "\xC3\xA4"}) EXPECT_FALSE(is_attribute_name(bad)) << bad;
  for (const char* good : {"0", "-0", "7", "-2147483648", "2147483647"}) EXPECT_TRUE(is_integer(good)) << good;
  for (const char* bad : {"", "-", "+1", "01", "-01", "1.0", "1e1", "2147483648", "-2147483649", "1 ", "x"})
    EXPECT_FALSE(is_integer(bad)) << bad;
}

}  // namespace
}  // namespace events

// Lent by service-events to handlers whose destinations may consent later, from outside: a URL that somebody calls.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <trellis/tables.hpp>

namespace common {

// What became of a call. 0 is nothing that was written.
enum : std::uint32_t {
  kConsentGiven = 1,   // the URL is used up
  kConsentNotOurs = 2  // it names another origin; the URL is as good as before
};

// What the caller said; borrowed for the call. Empty where it said nothing, as whoever follows a link in a browser.
struct ConsentGrant {
  std::uint32_t struct_size;
  std::uint32_t reserved;
  trellis_view allowed_origin;  // WebHook-Allowed-Origin
  trellis_view allowed_rate;    // WebHook-Allowed-Rate
};

// Borrowed for the call.
struct ConsentQuestion {
  std::uint32_t struct_size;
  std::uint32_t reserved;
  trellis_view who;  // whose consent it is, for people and logs, without secrets: "https://hooks.example.org"
  // Somebody called the URL. On the shard of issue(), never within it, and not after withdraw().
  std::uint32_t (*granted)(void *user, const ConsentGrant *grant);
  void *user;
};

// All functions: [shard, running]
struct ConsentDesk {
  std::uint32_t struct_size;
  std::uint32_t reserved;
  // Makes a URL that nobody can guess and calls sink(sink_user, url) with it before it returns. The number of the
  // question; 0, without a call, where nobody could come, or too many questions are out. It is good until withdraw(),
  // or until somebody consents.
  std::uint64_t (*issue)(void *shard, const ConsentQuestion *question, void *sink_user,
                         void (*sink)(void *sink_user, trellis_view url));
  // The URL is nothing any more. On the shard of issue().
  void (*withdraw)(void *shard, std::uint64_t number);
};

}  // namespace common

template <>
inline constexpr std::string_view trellis::kTableId<common::ConsentDesk> = "trellis.consent-desk/1";

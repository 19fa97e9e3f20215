#include "event_text.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <cstdio>

namespace hooks {

std::string write_time(std::chrono::milliseconds wall) {
  using namespace std::chrono;
  const sys_time<milliseconds> time(wall);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 48> out{};
  const int size =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::string stable_uuid(std::initializer_list<std::string_view> parts) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::string_view part : parts) {
    // With its length, so that no two lists of parts are one text.
    const std::uint64_t size = part.size();
    for (unsigned shift = 0; shift < 64; shift += 8) text += static_cast<char>((size >> shift) & 0xffU);
    text += part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  digest[6] = static_cast<unsigned char>(0x80U | (digest[6] & 0x0fU));  // version 8: of its maker's own making
  digest[8] = static_cast<unsigned char>(0x80U | (digest[8] & 0x3fU));
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += {kHex[digest[i] >> 4U], kHex[digest[i] & 15U]};
  }
  return out;
}

void append_event_grid(std::string& out, const events::Event& event, std::chrono::milliseconds received) {
  const auto attribute = [&](std::string_view name) {
    for (const auto& [key, token] : event.attributes) {
      if (key == name) return token;
    }
    return std::string_view();
  };
  const auto member = [&](std::string_view name, std::string_view token, std::string_view otherwise) {
    out.append(out.back() == '{' ? "\"" : ",\"").append(name).append("\":").append(token.empty() ? otherwise : token);
  };
  out += '{';
  member("id", attribute("id"), "\"\"");
  member("topic", attribute("source"), "\"\"");
  member("subject", attribute("subject"), "\"\"");
  member("eventType", attribute("type"), "\"\"");
  member("eventTime", attribute("time"), "\"" + write_time(received) + "\"");
  const std::string_view data = event.data.empty() ? event.data_base64 : event.data;
  if (!data.empty()) member("data", data, {});
  member("dataVersion", attribute("dataversion"), "\"1.0\"");
  member("metadataVersion", "\"1\"", {});
  out += '}';
}

}  // namespace hooks

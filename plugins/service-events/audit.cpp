#include "audit.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <exception>
#include <type_traits>

namespace events_service {
namespace {

constexpr std::string_view kSentence = "requests of the event API";

/// What Event Grid calls it.
std::string_view title_of(Shown shown) noexcept {
  switch (shown) {
    case Shown::key:
      return "Key";
    case Shown::sas:
      return "SASToken";
    case Shown::bearer:
      return "AADAccessToken";
    default:
      return "Unknown";
  }
}

std::string text_of(const trellis::IpAddress& address) {
  if (address == trellis::IpAddress{}) return "none";
  char text[INET6_ADDRSTRLEN];
  const bool v4 = trellis::is_v4(address);
  const void* const bytes = v4 ? address.data() + 12 : address.data();
  return inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text, sizeof text) == nullptr ? "none" : text;
}

}  // namespace

// RFC 1918, 6598, 3927, 4193 and 4291.
std::string_view network_of(const trellis::IpAddress& address) noexcept {
  if (address == trellis::IpAddress{}) return "local";
  if (trellis::is_loopback(address)) return "loopback";
  bool inside = false;
  if (trellis::is_v4(address)) {
    const unsigned first = address[12];
    const unsigned second = address[13];
    inside = first == 10 || (first == 172 && second >> 4U == 1) || (first == 192 && second == 168) ||
             (first == 100 && second >> 6U == 1) || (first == 169 && second == 254);
  } else {
    inside = (address[0] & 0xFEU) == 0xFC || (address[0] == 0xFE && address[1] >> 6U == 2);
  }
  return inside ? "private" : "public";
}

trellis::Schema AuditSettings::schema() {
  return trellis::Schema{}
      .duration("interval", {.help = "How often.", .fallback = "1m", .minimum = "1s", .maximum = "1d"})
      .integer("combinations",
               {.help = "Most lines of one shard in that time. What is beyond them is counted together, by its result, "
                        "with the client address \"other\".",
                .fallback = 1000,
                .minimum = 1,
                .maximum = 100'000});
}

AuditSettings AuditSettings::read(const trellis::Config& config) {
  return {config.milliseconds("interval"), static_cast<std::size_t>(config.integer("combinations"))};
}

Audit::Audit(const trellis::Shard& shard, const AuditSettings& settings) : shard_(shard), settings_(settings) {
  wait();
}

void Audit::wait() {
  timer_ = shard_.after(settings_.interval, [this] {
    write();
    wait();
  });
}

std::size_t Audit::Hash::operator()(const Key& key) const noexcept {
  static_assert(std::has_unique_object_representations_v<Key>);
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(&key), sizeof key});
}

void Audit::count(const Client& client, Outcome outcome) {
  Key key{client.address, client.tls, client.name_space, client.shown, outcome};
  if (key.shown == Shown::nothing) key.shown = Shown::unknown;  // a line for both
  const auto found = counts_.find(key);
  if (found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < settings_.combinations) {
    counts_.emplace(key, 1);
  } else {
    ++others_[static_cast<std::size_t>(outcome)];
  }
}

void Audit::write() noexcept {
  try {
    for (const auto& [key, operations] : counts_) write_one(key, operations);
    for (std::size_t i = 0; i < others_.size(); ++i) {
      if (others_[i] == 0) continue;
      shard_.host().log(trellis::Level::info, kSentence,
                        {{"client_address", "other"},
                         {"operation_result", events_service::title_of(static_cast<Outcome>(i))},
                         {"total_operations", others_[i]}});
    }
  } catch (const std::exception&) {
    // Out of memory: what was not written is lost.
  }
  counts_.clear();
  others_.fill(0);
}

void Audit::write_one(const Key& key, std::uint64_t operations) const {
  const char* const end = std::find(key.tls.begin(), key.tls.end(), '\0');
  const std::string_view tls(key.tls.data(), static_cast<std::size_t>(end - key.tls.data()));
  shard_.host().log(trellis::Level::info, kSentence,
                    {{"namespace", shard_.host().name_space(key.name_space).name},
                     {"network_access", network_of(key.address)},
                     {"client_address", text_of(key.address)},
                     {"tls_version", tls.empty() ? "none" : tls},
                     {"authentication_type", title_of(key.shown)},
                     {"operation_result", events_service::title_of(key.outcome)},
                     {"total_operations", operations}});
}

}  // namespace events_service

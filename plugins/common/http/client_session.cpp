#include "client_session.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "characters.hpp"
#include "request_writer.hpp"

namespace trellis::http {
namespace {

// What may stand in the table of the compression, where its length in bytes would tell whoever watches, and can have
// other fields sent, what it is. These are nobody's secret; all others are never put there, paths among them.
constexpr std::array<std::string_view, 8> kPlain = {
    "accept",       "accept-encoding", "aeg-event-type",         "aeg-metadata-version",
    "content-type", "user-agent",      "webhook-request-origin", "x-ms-version"};

std::array<nghttp2_settings_entry, 3> entries(const ClientSettings& settings) {
  return {{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
           {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings.head_bytes)},
           {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
}

std::uint8_t flags_of(std::string_view name) {
  const bool plain = std::ranges::any_of(kPlain, [&](auto one) { return equals_ignoring_case(one, name); });
  return plain ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX;
}

}  // namespace

ClientSession::ClientSession(http2::Events& events, const ClientSettings& settings)
    : Session(events, http2::Side::client, entries(settings)) {}

std::int32_t ClientSession::request(const ClientCall& call, std::string_view user_agent) {
  return call.as_outgoing(user_agent, [&](const OutgoingRequest& outgoing) {
    std::vector<nghttp2_nv> fields{field(":method", outgoing.method), field(":scheme", "https"),
                                   field(":authority", outgoing.host),
                                   field(":path", outgoing.target, NGHTTP2_NV_FLAG_NO_INDEX)};
    fields.reserve(fields.size() + outgoing.headers.size() + 1);
    // nghttp2 writes names in lower case. Blanks around a value are no part of it, and not allowed here.
    for (const Header& one : outgoing.headers) fields.push_back(field(one.name, trim(one.value), flags_of(one.name)));
    const std::string length = std::to_string(outgoing.body.size());
    if (has_length(outgoing)) fields.push_back(field("content-length", length, NGHTTP2_NV_FLAG_NO_INDEX));
    const nghttp2_data_provider provider = body();
    return nghttp2_submit_request(get(), nullptr, fields.data(), fields.size(),
                                  outgoing.body.empty() ? nullptr : &provider, nullptr);
  });
}

bool ClientSession::goes_on() const noexcept { return nghttp2_session_check_request_allowed(get()) != 0; }

std::size_t ClientSession::most_streams() const noexcept {
  return nghttp2_session_get_remote_settings(get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace trellis::http

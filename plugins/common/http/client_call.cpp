#include "client_call.hpp"

#include <algorithm>
#include <array>

#include "characters.hpp"

namespace trellis::http {
namespace {

constexpr std::array<std::string_view, 6> kIdempotent = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
// Fields that are for one origin's eyes.
constexpr std::array<std::string_view, 3> kSecret = {"authorization", "cookie", "proxy-authorization"};
// Fields that tell of a body.
constexpr std::array<std::string_view, 4> kOfBody = {"content-encoding", "content-language", "content-location",
                                                     "content-type"};

bool is_one_of(std::string_view name, const auto& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

void drop(ClientHeaders& headers, const auto& names) {
  std::erase_if(headers, [&](const auto& header) { return is_one_of(header.first, names); });
}

bool becomes_get(std::uint32_t status, std::string_view method) {
  if (status == 303) return method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

}  // namespace

ClientError ClientCall::error(Failure failure, std::string_view what) const {
  return {failure, request.method + " " + request.url.origin() + ": " + std::string(what), sent};
}

ClientResult ClientCall::judge(ClientError error, ClientResponse so_far) const {
  if (!request.status_is_enough || so_far.status == 0) return error;
  so_far.body.clear();
  return so_far;
}

bool ClientCall::may_be_repeated() const {
  return repeated_after == 0 &&
         (request.repeatable || std::find(kIdempotent.begin(), kIdempotent.end(), request.method) != kIdempotent.end());
}

std::vector<Header> ClientCall::all_headers(std::string_view user_agent) const {
  std::vector<Header> headers;
  headers.reserve(request.headers.size() + 1);
  bool named = user_agent.empty();
  for (const auto& [name, value] : request.headers) {
    headers.push_back({name, value});
    named = named || equals_ignoring_case(name, "user-agent");
  }
  if (!named) headers.push_back({"user-agent", user_agent});
  return headers;
}

Limits limits_of(const ClientSettings& settings, const ClientCall& call) {
  Limits limits;
  limits.head_bytes = settings.head_bytes;
  limits.body_bytes = call.request.max_response_bytes;
  return limits;
}

std::optional<std::string> ClientCall::check() const {
  if (request.url.host.empty()) return "the request has no host";
  if (request.method == "CONNECT") return "CONNECT makes a tunnel, which this client does not";
  if (request.deadline.count() <= 0) return "the request has no time";
  return as_outgoing({}, [](const OutgoingRequest& outgoing) { return check_request(outgoing); });
}

std::string ClientCall::wire(std::string_view user_agent) const {
  std::string out;
  out.reserve(request.body.size() + 512);
  // check() let it pass before it was taken.
  as_outgoing(user_agent, [&](const OutgoingRequest& outgoing) { return write_request(out, outgoing); });
  return out;
}

bool is_redirect(std::uint32_t status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<ClientError> follow(ClientCall& call, std::uint32_t status, std::string_view location) {
  ClientRequest& request = call.request;
  if (call.redirects == request.follow_redirects) {
    return call.error(Failure::redirect, "is redirected more than " + std::to_string(call.redirects) + " times");
  }
  auto next = resolve_url(request.url, location);
  if (!next) return call.error(Failure::redirect, "is redirected to nowhere: " + next.error().text);
  if (request.url.secure && !next->secure) {
    return call.error(Failure::redirect, "is redirected to " + next->origin() + ", which is not encrypted");
  }
  if (request.may_follow != nullptr && !request.may_follow(*next)) {
    return call.error(Failure::redirect, "is redirected to " + next->origin() + ", where it must not go");
  }
  ++call.redirects;
  if (!next->same_origin(request.url)) drop(request.headers, kSecret);
  if (becomes_get(status, request.method)) {
    request.method = "GET";
    request.body.clear();
    drop(request.headers, kOfBody);
  }
  request.url = std::move(*next);
  call.repeated_after = 0;
  return std::nullopt;
}

}  // namespace trellis::http

#include "service_call.hpp"

#include <algorithm>
#include <trellis/view.hpp>
#include <utility>

#include "common/http/characters.hpp"
#include "common/http/content_coding.hpp"
#include "common/http/gzip.hpp"

namespace transport_http {

using trellis::view;
using trellis::http::equals_ignoring_case;
using trellis::http::Header;
using trellis::http::ParseError;

namespace {

// A smaller body fits into a packet or two anyway; a larger one would hold up the loop for too long.
constexpr std::size_t kSmallest = 1024;
constexpr std::size_t kLargest = 4 * 1024 * 1024;

// "example.com:8080", "[::1]:8080"
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return host.find(']', std::min(colon, host.size())) == std::string_view::npos ? host.substr(0, colon) : host;
}

bool lists(std::string_view list, std::string_view wanted) {
  bool found = false;
  trellis::http::each_list_element(
      list, [&](std::string_view element) { found = found || equals_ignoring_case(element, wanted); });
  return found;
}

}  // namespace

void dispatch(const HttpShard& shard, trellis_connection* connection, const trellis::http::Request& request,
              OfferedExchange exchange) {
  std::vector<trellis_pair> headers;
  headers.reserve(request.headers.size());
  for (const auto& header : request.headers) headers.push_back({view(header.name), view(header.value)});

  trellis_request asked{};
  asked.struct_size = sizeof asked;
  asked.header_count = static_cast<std::uint32_t>(headers.size());
  asked.method = view(request.method);
  asked.path = view(request.path);
  asked.query = view(request.query);
  asked.headers = headers.data();
  asked.body = view(request.body);
  asked.host = view(without_port(request.host));
  asked.exchanges = &KeptExchange::functions();
  asked.exchange = &exchange;
  shard.tables().service->dispatch(connection, &asked, exchange.request_user);
}

Answer::Answer(const trellis_response& response) : status_(response.status), body_(trellis::text(response.body)) {
  if (status_ >= 400 && body_.empty()) {
    // The kernel's own refusals, and services that say no more than a number.
    const bool absent = status_ == 404;
    become_error(absent ? "nothing answers at this path" : trellis::http::reason_phrase(status_));
    return;
  }
  headers_.reserve(response.header_count);
  for (const trellis::Pair pair : trellis::Pairs(response.headers, response.header_count)) {
    headers_.push_back({pair.name, pair.value});
  }
}

Answer Answer::empty(std::uint32_t status) {
  Answer answer;
  answer.status_ = status;
  return answer;
}

Answer Answer::error(const ParseError& error) {
  Answer answer = empty(error.status);
  answer.become_error(error.message);
  // Ours are about codings only; a service's 415 may be about types.
  if (error.status == 415) answer.headers_.push_back({"accept-encoding", "gzip, deflate"});
  return answer;
}

void Answer::become_error(std::string_view message) {
  own_body_ = trellis::http::error_body(status_, message);
  owned_ = true;
  headers_.push_back({"content-type", "application/json"});
}

bool Answer::may_be_compressed() const {
  const std::size_t size = response().body.size();
  if (size < kSmallest || size > kLargest || !trellis::http::has_body(status_) || status_ == 206) return false;
  bool text = false;
  for (const Header& header : headers_) {
    if (equals_ignoring_case(header.name, "content-encoding")) return false;
    if (equals_ignoring_case(header.name, "content-type")) text = trellis::http::is_text_like(header.value);
    // A strong validator belongs to these very bytes, and comes back in If-Match.
    if (equals_ignoring_case(header.name, "etag") && !header.value.starts_with("W/")) return false;
    if (equals_ignoring_case(header.name, "cache-control") && lists(header.value, "no-transform")) return false;
  }
  return text;
}

void Answer::offer_gzip(bool wanted) {
  if (!may_be_compressed()) return;
  const bool told = std::any_of(headers_.begin(), headers_.end(), [](const Header& header) {
    return equals_ignoring_case(header.name, "vary") &&
           (lists(header.value, "accept-encoding") || lists(header.value, "*"));
  });
  if (!told) headers_.push_back({"vary", "Accept-Encoding"});
  if (!wanted) return;
  auto compressed = trellis::http::compress_gzip(response().body);
  if (!compressed || compressed->size() >= response().body.size()) return;
  own_body_ = std::move(*compressed);
  owned_ = true;
  headers_.push_back({"content-encoding", "gzip"});
}

}  // namespace transport_http

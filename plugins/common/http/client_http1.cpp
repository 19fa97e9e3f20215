#include "client_http1.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "characters.hpp"
#include "client_pool.hpp"

namespace trellis::http {
namespace {

using std::chrono::milliseconds;

// A server that says how long it keeps a connection is believed, less a second for what is on its way then.
milliseconds time_to_rest(const ReceivedResponse& response, milliseconds most) {
  static constexpr std::string_view kName = "timeout=";
  each_list_element(response.header("keep-alive").value_or(""), [&](std::string_view element) {
    std::int64_t seconds = 0;
    if (!equals_ignoring_case(element.substr(0, kName.size()), kName)) return;
    const std::string_view digits = element.substr(kName.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || seconds < 0 || seconds > 3600) return;
    most = std::min(most, std::max(milliseconds((seconds - 1) * 1000), milliseconds(0)));
  });
  return most;
}

ClientResponse taken(ResponseParser& parser, const ClientCall& call) {
  const ReceivedResponse& from = parser.response();
  ClientResponse response;
  response.status = parser.has_head() ? from.status : 0;
  response.reason = from.reason;
  response.headers.reserve(from.headers.size());
  for (const Header& header : from.headers) response.headers.emplace_back(header.name, header.value);
  response.body = parser.take_body();
  response.url = call.request.url;
  return response;
}

}  // namespace

void Http1Carrier::carry(ClientCall& call) {
  call_ = &call;
  rest_time_ = {};
  connection_.set_timer({});
  const ClientSettings& settings = connection_.pool()->settings();
  parser_.emplace(limits_of(settings, call), call.request.method == "HEAD" ? Asked::head : Asked::something);
  call.sent = true;
  connection_.write(call.wire(settings.user_agent));
}

// A connection that carried half of a call is of no use to others.
void Http1Carrier::give_up(ClientCall&) {
  call_ = nullptr;
  rest_time_ = {};
}

std::vector<ClientCall*> Http1Carrier::calls() const {
  return call_ == nullptr ? std::vector<ClientCall*>() : std::vector{call_};
}

ClientResponse Http1Carrier::take_so_far(const ClientCall& call) {
  return parser_ ? taken(*parser_, call) : ClientResponse();
}

bool Http1Carrier::sending(const ClientCall&) const noexcept { return connection_.unsent() > 0; }

void Http1Carrier::take(std::string_view bytes) noexcept {
  // A server that speaks unasked, most often to say that it waited long enough.
  if (call_ == nullptr) return connection_.pool()->spoiled(connection_);
  while (!bytes.empty() && parser_->state() < ResponseParser::State::complete) {
    bytes.remove_prefix(parser_->feed(bytes));
  }
  if (parser_->state() == ResponseParser::State::failed) {
    connection_.pool()->misunderstood(*call_, parser_->error(), taken(*parser_, *call_));
  } else if (parser_->state() == ResponseParser::State::complete) {
    answered(bytes.empty() && connection_.unsent() == 0);
  }
}

// clean: nothing is left over, in either direction.
void Http1Carrier::answered(bool clean) {
  ClientPool& pool = *connection_.pool();
  const ReceivedResponse& response = parser_->response();
  if (clean && response.keep_alive) rest_time_ = time_to_rest(response, pool.settings().idle_timeout);
  ClientCall& call = *std::exchange(call_, nullptr);
  ClientResponse answer = taken(*parser_, call);
  parser_.reset();  // a connection that rests keeps no memory for it
  pool.answered(connection_, call, std::move(answer));
}

// Only where the peer said goodbye is a body without a length complete.
void Http1Carrier::on_closed(bool goodbye) noexcept {
  if (call_ == nullptr || !goodbye) return;
  parser_->end();
  if (parser_->state() == ResponseParser::State::complete) answered(false);
}

}  // namespace trellis::http

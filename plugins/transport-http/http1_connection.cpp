#include "http1_connection.hpp"

#include <chrono>
#include <utility>

#include "common/http/characters.hpp"
#include "common/http/content_coding.hpp"
#include "common/http/response_writer.hpp"

namespace transport_http {

using trellis::http::ParseError;
using trellis::http::RequestParser;

namespace {

// Answers above this wait for the peer to take them before another request is read. The kernel tells no protocol that
// its output has left, so somebody who does not read is looked at now and then.
constexpr std::size_t kUnsentBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLookAgain{20};
// Beside a stream the connection is read so that its end is noticed. Whoever sends requests by then waits with the
// rest.
constexpr std::size_t kBacklogBytes = 16 * 1024;

bool wants_upgrade(const trellis::http::Request& request) {
  if (request.minor == 0 || request.has_body() || !request.header("upgrade")) return false;
  bool wanted = false;
  trellis::http::each_list_element(request.header("connection").value_or(""), [&](std::string_view element) {
    wanted = wanted || trellis::http::equals_ignoring_case(element, "upgrade");
  });
  return wanted;
}

}  // namespace

Http1Connection::Http1Connection(HttpShard& shard, trellis_connection* connection)
    : Connection(shard, connection), shard_(shard), connection_(connection), parser_(shard.settings().limits) {
  const auto timeout = static_cast<std::uint64_t>(shard.settings().head_timeout.count());
  shard_.tables().connection->set_timer(connection_, timeout);
}

Http1Connection::~Http1Connection() {
  closed_ = true;
  for (Exchange& exchange : exchanges_) over(exchange);
}

// The parser keeps what is unfinished, and only that.
void Http1Connection::take(std::string_view data) noexcept {
  if (!reading()) return;
  in_take_ = true;
  if (backlog_.empty()) data = read(data);
  in_take_ = false;
  if (reading()) backlog_.append(data);
  read_on();
}

// Reads requests until the data ends, too many answers are missing, or no more is wanted. Answers what is left.
std::string_view Http1Connection::read(std::string_view data) {
  while (!data.empty() && reading() && !full()) {
    const bool in_head = parser_.state() == RequestParser::State::idle || parser_.state() == RequestParser::State::head;
    data.remove_prefix(parser_.feed(data));
    if (parser_.state() == RequestParser::State::failed) {
      shard_.count_malformed();
      refuse(parser_.error());
    } else if (parser_.state() == RequestParser::State::complete) {
      upgrade_waits_ = wants_upgrade(parser_.request()) && !draining_;
      if (!upgrade_waits_) on_request();
    } else if (in_head && parser_.state() == RequestParser::State::body) {
      on_head(!data.empty());
    }
    if (!held_.set(shard_, reading() ? parser_.unfinished() : 0)) refuse({503, "too many requests are unfinished"});
  }
  return data;
}

// Answers may have made room for requests that were read already.
void Http1Connection::read_on() {
  in_take_ = true;
  upgrade();
  while (!backlog_.empty() && reading() && !full()) {
    const std::string bytes = std::exchange(backlog_, {});
    backlog_ = read(bytes);
    upgrade();
  }
  in_take_ = false;
  if (!reading()) backlog_.clear();

  const bool watched = streams_ > 0 && backlog_.size() < kBacklogBytes && !congested();
  const bool pause = full() && reading() && !watched;
  if (pause != paused_ && !closed_) shard_.tables().connection->pause(connection_, pause);
  paused_ = pause;
  if (exchanges_.empty() && last_request_seen_) close();
  arm_timer();
}

void Http1Connection::on_head(bool body_follows_already) {
  // Whoever sends the body at once did not wait to be told.
  if (!parser_.request().expects_continue || body_follows_already) return;
  continue_owed_ = !exchanges_.empty();
  if (!continue_owed_) write(trellis::http::kContinue);
}

// Whoever takes over begins with this request, behind the answers to those before it. Where nobody does it is answered
// as if it had not asked: that is allowed (RFC 9110, 7.8).
void Http1Connection::upgrade() {
  if (!upgrade_waits_ || !exchanges_.empty() || !reading()) return;
  upgrade_waits_ = false;
  const std::string bytes = std::string(parser_.head()).append(backlog_);
  closed_ = shard_.tables().connection->restart(connection_, bytes.data(), bytes.size());
  if (!closed_) on_request();
}

void Http1Connection::on_request() {
  const trellis::http::Request& request = parser_.request();
  ++requests_;
  continue_owed_ = false;
  last_request_seen_ = !request.keep_alive || draining_;
  Exchange& exchange = exchanges_.emplace_back();
  exchange.minor = request.minor;
  exchange.head_only = request.method == "HEAD";
  exchange.gzip = trellis::http::wants_gzip(request);
  exchange.keep_alive = !last_request_seen_;
  if (request.path == "*") {
    answer(exchange, Answer::empty(204));  // OPTIONS * asks whether anybody is there
  } else {
    dispatch(shard_, connection_, request, OfferedExchange(*this, &exchange));
  }
  parser_.next();
}

// The answer goes out in its turn; after it nobody knows where another request would begin.
void Http1Connection::refuse(const ParseError& error) {
  last_request_seen_ = true;
  Exchange& exchange = exchanges_.emplace_back();
  exchange.minor = parser_.request().minor;
  exchange.head_only = parser_.request().method == "HEAD";
  exchange.keep_alive = false;
  answer(exchange, Answer::error(error));
}

void Http1Connection::on_response(void* request_user, const trellis_response& response) noexcept {
  Exchange& exchange = *static_cast<Exchange*>(request_user);
  Answer made(response);
  if (exchange.kept != nullptr && std::exchange(exchange.kept->stream_wanted, false)) {
    begin_stream(exchange, made);
  } else {
    if (shard_.settings().gzip) made.offer_gzip(exchange.gzip);
    over(exchange);
    answer(exchange, made);
  }
  if (!in_take_) read_on();
}

void Http1Connection::answer(Exchange& exchange, const Answer& answer) {
  if (exchange.answered || closed_) return;
  exchange.answered = true;
  const trellis::http::Response response = answer.response();
  shard_.count_response(response.status);
  trellis::http::write_response(exchange.text, response,
                                {.date = shard_.date(),
                                 .minor = exchange.minor,
                                 .head_only = exchange.head_only,
                                 .keep_alive = exchange.keep_alive});
  if (&exchange == &exchanges_.front()) send_answers();
}

void Http1Connection::send_answers() {
  while (!exchanges_.empty() && exchanges_.front().answered) {
    write(exchanges_.front().text);
    exchanges_.pop_front();
  }
  if (!exchanges_.empty() && exchanges_.front().streams) write(std::exchange(exchanges_.front().text, {}));
  if (exchanges_.empty() && continue_owed_) {
    continue_owed_ = false;
    write(trellis::http::kContinue);
  }
}

bool Http1Connection::congested() const noexcept {
  return shard_.tables().connection->unsent(connection_) > kUnsentBytes;
}

void Http1Connection::write(std::string_view text) {
  output_.sent(text.size());
  shard_.tables().connection->write(connection_, text.data(), text.size());
}

void Http1Connection::close() {
  if (closed_) return;
  closed_ = true;
  shard_.tables().connection->close(connection_);
}

void Http1Connection::on_drain() noexcept {
  draining_ = true;
  in_take_ = true;
  tell_drain();
  in_take_ = false;
  if (parser_.state() != RequestParser::State::idle) return;  // the request that is arriving is the last
  last_request_seen_ = true;
  if (!exchanges_.empty()) exchanges_.back().keep_alive = false;
  read_on();
}

void Http1Connection::on_timer() noexcept {
  if (timed_phase_ == Phase::output) {
    const std::size_t unsent = shard_.tables().connection->unsent(connection_);
    if (!output_.stalled(unsent, shard_.now_ms(), shard_.settings().idle_timeout)) return read_on();
    shard_.count_timeout();
    return close();
  }
  const Phase late = phase();
  if (late == Phase::head || late == Phase::body) {
    shard_.count_timeout();
    refuse({408, "the request did not arrive in time"});
  } else if (late != Phase::service) {
    last_request_seen_ = true;
  }
  read_on();
}

Http1Connection::Phase Http1Connection::phase() const noexcept {
  if (!reading()) return Phase::service;
  if (full()) return congested() ? Phase::output : Phase::service;
  if (parser_.state() == RequestParser::State::head) return Phase::head;
  if (parser_.state() == RequestParser::State::body) return Phase::body;
  if (!exchanges_.empty()) return Phase::service;
  return requests_ == 0 ? Phase::fresh : Phase::idle;
}

// Restarts the clock when the connection begins to wait for something else. It runs on while bytes of the same head or
// body trickle in: that is what it is for.
void Http1Connection::arm_timer() {
  const Phase now = phase();
  if (now != Phase::output) output_.flows();
  if (closed_ || (now == timed_phase_ && requests_ == timed_requests_ && now != Phase::output)) return;
  timed_phase_ = now;
  timed_requests_ = requests_;
  std::chrono::milliseconds timeout{0};  // the kernel watches over services
  if (now == Phase::head || now == Phase::fresh) timeout = shard_.settings().head_timeout;
  if (now == Phase::body) timeout = shard_.settings().body_timeout;
  if (now == Phase::idle) timeout = shard_.settings().idle_timeout;
  if (now == Phase::output) timeout = kLookAgain;
  shard_.tables().connection->set_timer(connection_, static_cast<std::uint64_t>(timeout.count()));
}

}  // namespace transport_http

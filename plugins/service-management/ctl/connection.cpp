#include "ctl/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/http/request_writer.hpp"
#include "common/http/response_parser.hpp"

namespace management::ctl {
namespace {

namespace http = trellis::http;

constexpr http::Limits kLimits{.head_bytes = 64 * 1024, .body_bytes = 64 * 1024 * 1024};

/// A socket address of either kind.
struct Place {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool fill(const Address& address, Place& place) {
  if (!address.socket.empty()) {
    auto& to = reinterpret_cast<sockaddr_un&>(place.storage);
    if (address.socket.size() >= sizeof to.sun_path) return false;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address.socket.c_str(), address.socket.size() + 1);
    place.size = sizeof to;
    return true;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(place.storage);
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    place.size = sizeof v4;
    return true;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(place.storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  place.size = sizeof v6;
  return inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1;
}

std::string bytes_of(const HttpRequest& request, const Address& address, std::string& bytes) {
  std::vector<http::Header> headers{{"accept", "application/json"}};
  if (!request.authorization.empty()) headers.push_back({"authorization", request.authorization});
  if (request.only_new) headers.push_back({"if-none-match", "*"});
  if (!request.media_type.empty()) headers.push_back({"content-type", request.media_type});
  const auto wrong = http::write_request(bytes, {.method = request.method,
                                                 .target = request.target,
                                                 .host = address.host_field,
                                                 .headers = headers,
                                                 .body = request.body});
  return wrong.value_or("");
}

}  // namespace

trellis::Error Connection::failure(int code) const {
  const std::string& where = address_.text;
  switch (code) {
    case ECONNREFUSED:
    case ENOENT:
      return trellis::fail(
          "nobody listens at " + where +
          ". Is the broker running, and has its configuration a listener there with \"services\": {\"" +
          (address_.mount.empty() ? "/" : address_.mount) + "\": \"" + std::string(address_.api->service) + "\"}? " +
          std::string(address_.api->option) + " or " + std::string(address_.api->variable) + " name another place");
    case EACCES:
      return trellis::fail(where + ": this user may not use the socket; its owner and its group may");
    case EAGAIN:
    case EINPROGRESS:
      return trellis::fail(where + " does not answer in time; --timeout gives it longer");
    case 0:
      return trellis::fail(where + " closed the connection without an answer");
    default:
      return trellis::fail(where + ": " + std::strerror(code));
  }
}

void Connection::close() noexcept {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Connection::give_time(Clock::time_point deadline) const {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()).count();
  const auto some = std::max<std::int64_t>(left, 1);  // 0 would be forever
  const timeval time{.tv_sec = some / 1'000'000, .tv_usec = some % 1'000'000};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

trellis::Result<void> Connection::connect(Clock::time_point deadline) {
  Place place;
  if (!fill(address_, place)) return trellis::fail(address_.text + " is no address of a socket");
  socket_ = ::socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return failure(errno);
  give_time(deadline);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&place.storage), place.size) == 0) return trellis::ok();
  const int code = errno;
  close();
  return failure(code);
}

trellis::Result<HttpAnswer> Connection::ask(const HttpRequest& request, std::chrono::milliseconds time, int interrupt) {
  const auto deadline = Clock::now() + time;
  std::string bytes;
  if (const std::string wrong = bytes_of(request, address_, bytes); !wrong.empty()) return trellis::fail(wrong);
  while (true) {
    const bool kept = socket_ >= 0;
    if (!kept) {
      if (const auto connected = connect(deadline); !connected) return connected.error();
    }
    Exchange state{.deadline = deadline, .interrupt = interrupt};
    if (request.on_piece) state.on_piece = &request.on_piece;
    auto answer = exchange(bytes, state);
    if (answer) return answer;
    close();
    // The broker gave it up while nothing was asked.
    if (!kept || state.answering || state.interrupted || Clock::now() >= deadline) return answer;
  }
}

// The broker may have answered before it hears that nobody waits any more: what it gave is taken still.
void Connection::wait(Exchange& state) const {
  static constexpr std::chrono::seconds kGrace{1};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(state.deadline - Clock::now()).count();
  pollfd both[] = {{socket_, POLLIN, 0}, {state.interrupt, POLLIN, 0}};
  ::poll(both, 2, static_cast<int>(std::max<std::int64_t>(left, 0)));
  if (both[0].revents != 0 || both[1].revents == 0) return;
  state.interrupted = true;
  state.deadline = std::min(state.deadline, Clock::now() + kGrace);
  ::shutdown(socket_, SHUT_WR);
}

trellis::Result<HttpAnswer> Connection::exchange(const std::string& bytes, Exchange& state) {
  for (std::string_view rest = bytes; !rest.empty();) {
    give_time(state.deadline);
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) return failure(errno);
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  http::ResponseParser parser(kLimits);
  std::array<char, 64 * 1024> buffer{};
  while (parser.state() != http::ResponseParser::State::complete) {
    if (state.interrupt >= 0 && !state.interrupted) wait(state);
    give_time(state.deadline);
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0) return failure(errno);
    if (got == 0) parser.end();
    std::string_view data(buffer.data(), static_cast<std::size_t>(got));
    while (!data.empty()) {
      const std::size_t used = parser.feed(data);
      if (used == 0) break;
      data.remove_prefix(used);
    }
    state.answering = parser.begun();
    const bool has_body =
        parser.state() == http::ResponseParser::State::body || parser.state() == http::ResponseParser::State::complete;
    if (state.on_piece != nullptr && has_body && parser.response().status == 200) {
      if (const std::string piece = parser.take_body(); !piece.empty()) (*state.on_piece)(piece);
    }
    if (parser.state() == http::ResponseParser::State::failed || (got == 0 && !state.answering)) {
      if (got == 0) return failure(0);
      return trellis::fail(address_.text + " does not speak HTTP: " + std::string(parser.error().message));
    }
    if (got == 0 && parser.state() != http::ResponseParser::State::complete) return failure(0);
  }
  HttpAnswer answer{parser.response().status, {}};
  const bool keep = parser.response().keep_alive;
  answer.body = parser.take_body();
  if (!keep) close();
  return answer;
}

}  // namespace management::ctl

// Requests of HTTP/2 that services keep, and answers that come piece by piece.
#include <algorithm>
#include <utility>

#include "http2_connection.hpp"

namespace transport_http {

void Http2Connection::begin_stream(Http2Stream& stream, const Answer& answer) {
  const trellis::http::Response response = answer.response();
  stream.state = Http2Stream::State::answering;
  stream.deadline = 0;
  stream.streams = !stream.head_only;
  questions().pin(*stream.kept);
  shard_.count_response(response.status);
  session_.begin(stream.id, response, shard_.date(), stream.streams);
  if (!response.body.empty()) write_piece(*stream.kept, response.body);
}

KeptExchange& Http2Connection::keep(void* request_user, const trellis_exchange_user& table, void* user) {
  auto& stream = *static_cast<Http2Stream*>(request_user);
  stream.kept = std::make_unique<KeptExchange>(*this, request_user, table, user);
  return *stream.kept;
}

void Http2Connection::release(KeptExchange& kept) noexcept {
  questions().forget(kept);
  questions().unpin(kept);
  static_cast<Http2Stream*>(kept.request_user())->kept.reset();
}

void Http2Connection::write_piece(KeptExchange& kept, std::string_view piece) {
  auto& stream = *static_cast<Http2Stream*>(kept.request_user());
  if (!stream.streams || piece.empty() || closed_) return;
  // What was taken goes once it is more than what was not.
  if (stream.sent > stream.answer.size() / 2) {
    stream.answer.erase(0, stream.sent);
    stream.sent = 0;
  }
  stream.answer.append(piece);
  answer_bytes_ += piece.size();
  if (stream.deadline == 0) {
    stream.deadline = after(shard_.settings().idle_timeout);
    expect(stream.deadline);
  }
  session_.resume(stream.id);
  work();
}

std::size_t Http2Connection::unsent(const KeptExchange& kept) const noexcept {
  const auto& stream = *static_cast<const Http2Stream*>(kept.request_user());
  return stream.answer.size() - stream.sent + shard_.tables().connection->unsent(connection_);
}

void Http2Connection::end_pieces(KeptExchange& kept) {
  auto& stream = *static_cast<Http2Stream*>(kept.request_user());
  release(kept);
  if (!std::exchange(stream.streams, false) || closed_) return;
  stream.deadline = after(shard_.settings().idle_timeout);
  expect(stream.deadline);
  session_.resume(stream.id);
  work();
}

// Its user is told by tell_over(), for this may be within a callback of the session.
void Http2Connection::give_up(Http2Stream& stream) noexcept {
  if (stream.kept == nullptr) return;
  questions().forget(*stream.kept);
  questions().unpin(*stream.kept);
  stream.kept->disconnect();
  over_.push_back(std::move(stream.kept));
}

void Http2Connection::tell_over() noexcept {
  while (!over_.empty()) {
    const std::unique_ptr<KeptExchange> kept = std::move(over_.back());
    over_.pop_back();
    kept->tell_over();
  }
}

void Http2Connection::tell_drain() {
  const auto waits = [](const auto& one) { return one.second.kept != nullptr && !one.second.kept->drain_told; };
  for (;;) {
    const auto next = std::find_if(streams_.begin(), streams_.end(), waits);
    if (next == streams_.end()) return;
    next->second.kept->drain_told = true;
    next->second.kept->tell_drain();
  }
}

}  // namespace transport_http

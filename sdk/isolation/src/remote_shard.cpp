#include "remote_shard.hpp"

#include <trellis/hosting/fallback.hpp>
#include <trellis/isolation/contract.hpp>
#include <trellis/runtime/views.hpp>
#include <vector>

namespace trellis::isolation {

using runtime::view_of;

namespace {

constexpr int kAtOnce = 256;                       // frames, so that sockets get their turn
constexpr std::size_t kMostWaiting = 16u << 20;    // bytes set aside; more stay in the ring, which then fills
constexpr std::chrono::microseconds kSpin{10};     // sleeping and being woken costs about as much
constexpr std::chrono::milliseconds kHangs{5000};  // that long without an answer
constexpr std::string_view kAway = "the plugin does not answer at the moment";

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

RemoteShard::RemoteShard(Remote& remote, runtime::Shard& shard) : remote_(remote), shard_(shard) {}
RemoteShard::~RemoteShard() = default;

// ---- life

void RemoteShard::adopt(std::shared_ptr<Process> process) {
  if (closed_ || process->dead()) return;
  process_ = std::move(process);
  asked_ = late_ = 0;
  forget_waiting();
  shard_.watch(channel().wakes_me(), *this);
  hosting::fallback::forget(hosting::Instance::of(remote_.host()));
  drain();
}

void RemoteShard::lost(std::shared_ptr<Process> process) {
  if (process_ != process) return;
  // What it said before its end still counts.
  drain();
  shard_.unwatch(channel().wakes_me());
  hang_.cancel();
  unqueue();
  forget_waiting();
  process_.reset();
  const auto forsaken = std::exchange(pending_, {});
  for (const trellis_token token : forsaken) fall_back(token);
}

void RemoteShard::close() {
  if (process_ != nullptr) shard_.unwatch(channel().wakes_me());
  closed_ = true;
  hang_.cancel();
  unqueue();
  pending_.clear();
  process_.reset();
}

void RemoteShard::broken() { process_->give_up("broke the rules of its ring"); }

// ---- to the plugin

Encoder& RemoteShard::begin() {
  out_.clear();
  out_(++asked_);
  return out_;
}

bool RemoteShard::send(Frame type) {
  if (!usable() || out_.bytes().size() > Channels::kMostFrame) return false;
  const auto outcome = channel().write(type, out_.bytes());
  if (outcome == RingWriter::Outcome::broken) broken();
  return outcome == RingWriter::Outcome::written;
}

bool RemoteShard::tell(Frame type) { return send(type); }

bool RemoteShard::tell(Frame type, trellis_token token) {
  if (!send(type)) return false;
  pending_.insert(token);
  return true;
}

std::optional<std::string> RemoteShard::call(Frame type) {
  const std::uint64_t question = asked_;
  // Whoever has not answered the last question is not asked the next one, so that nobody waits twice for the same.
  if (late_ != 0 && usable()) static_cast<void>(reply_to(0));
  if (late_ != 0 || !send(type)) return std::nullopt;
  return wait_for(question);
}

std::optional<std::string> RemoteShard::wait_for(std::uint64_t question) {
  const auto begun = Socket::Clock::now();
  const auto until = begun + std::chrono::milliseconds(remote_.isolation().deadline_ms);
  channel().awake();
  std::optional<std::string> reply;
  while (!(reply = reply_to(question)) && usable()) {
    const auto now = Socket::Clock::now();
    if (now >= until) {
      too_late(question);
      break;
    }
    if (now < begun + kSpin) {
      relax();
    } else if (channel().try_sleep()) {
      channel().wait(until - now);
      channel().awake();
    }
  }
  // Whatever else came is for the next turn, not for the middle of somebody's call.
  if (usable() && (!waiting_.empty() || !channel().try_sleep())) shard_.defer_next_turn(*this);
  return reply;
}

void RemoteShard::too_late(std::uint64_t question) {
  late_ = question;
  shard_.count(remote_.counters().timeouts, 1);
  shard_.arm(hang_, static_cast<std::uint64_t>(kHangs.count()));
}

void RemoteShard::on_hang(runtime::Timer& timer) {
  RemoteShard& self = static_cast<Hang&>(timer).home;
  if (self.usable() && self.late_ != 0) self.process_->give_up("did not answer for too long");
}

void RemoteShard::count_fallbacks(std::int64_t number) { shard_.count(remote_.counters().fallbacks, number); }

// ---- from the plugin

bool RemoteShard::next(Frame& type, std::string& body) {
  if (!usable()) return false;
  const auto outcome = channel().read(type, body);
  if (outcome == Channel::Read::broken) broken();
  return outcome == Channel::Read::frame;
}

// 0 is nobody's question: what came is taken out of the ring. Of somebody who writes faster than this reads it takes
// some, so that the caller can look at the clock.
std::optional<std::string> RemoteShard::reply_to(std::uint64_t question) {
  Frame type{};
  std::string body;
  for (int taken = 0; taken < kAtOnce && waiting_bytes_ < kMostWaiting && next(type, body); ++taken) {
    if (type != Frame::reply) {
      set_aside(type, std::move(body));
      continue;
    }
    Decoder told(body);
    const auto answers = told.number<std::uint64_t>();
    if (answers == late_) {
      late_ = 0;
      hang_.cancel();
      hosting::fallback::forget(hosting::Instance::of(remote_.host()));
    }
    if (answers == question) return body.substr(sizeof answers);
  }
  return std::nullopt;
}

void RemoteShard::set_aside(Frame type, std::string body) {
  waiting_bytes_ += sizeof(waiting_.front()) + body.size();
  waiting_.emplace_back(type, std::move(body));
}

std::pair<Frame, std::string> RemoteShard::take_waiting() {
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= sizeof first + first.second.size();
  return first;
}

void RemoteShard::forget_waiting() {
  waiting_.clear();
  waiting_bytes_ = 0;
}

void RemoteShard::on_ready(std::uint32_t) { drain(); }

void RemoteShard::run_deferred() { drain(); }

void RemoteShard::drain() {
  for (int taken = 0; process_ != nullptr; ++taken) {
    if (taken == kAtOnce) return shard_.defer_next_turn(*this);
    // What was told may ask in turn, and so change what waits.
    if (waiting_.empty()) static_cast<void>(reply_to(0));
    if (waiting_.empty()) {
      if (!usable() || channel().try_sleep()) return;
      continue;
    }
    const auto [type, body] = take_waiting();
    told(type, body);
  }
}

void RemoteShard::told_elsewhere(const Process& process, std::string_view frame) {
  if (process_.get() != &process) return;
  Decoder head(frame);
  const auto type = static_cast<Frame>(head.number<std::uint32_t>());
  if (!head.failed()) told(type, frame.substr(sizeof(std::uint32_t)));
}

void RemoteShard::told(Frame type, std::string_view bytes) {
  Decoder body(bytes);
  if (type == Frame::publish) return published(body);
  const auto token = body.number<trellis_token>();
  // Whoever is not asked has nothing to say: the token may be another plugin's.
  const bool awaited = pending_.contains(token);
  if (type == Frame::answer && awaited) return answered(body, token);
  if (type == Frame::settle && awaited) return settled(body, token);
  if (type == Frame::respond && awaited) return responded(body, token);
  if (type == Frame::extend && awaited) {
    const auto deadline = body.number<std::uint64_t>();
    remote_.host_table<trellis_host_service>(TRELLIS_HOST_SERVICE)->extend(remote_.host(), token, deadline);
    return;
  }
  const bool known = type == Frame::answer || type == Frame::settle || type == Frame::respond || type == Frame::extend;
  if (!known || body.failed()) broken();
}

void RemoteShard::answered(Decoder& body, trellis_token token) {
  trellis_auth_answer answer{};
  fields(body, answer);
  if (!body.done()) return broken();
  pending_.erase(token);
  remote_.host_table<trellis_host_identity>(TRELLIS_HOST_IDENTITY)->complete(remote_.host(), token, &answer);
}

void RemoteShard::settled(Decoder& body, trellis_token token) {
  trellis_delivery_result result{};
  fields(body, result);
  if (!body.done()) return broken();
  if (result.outcome != TRELLIS_DELIVERY_AWAITED) pending_.erase(token);
  remote_.host_table<trellis_host_handler>(TRELLIS_HOST_HANDLER)->settle(remote_.host(), token, &result);
}

void RemoteShard::responded(Decoder& body, trellis_token token) {
  trellis_response response{};
  fields(body, response);
  if (!body.done()) return broken();
  pending_.erase(token);
  remote_.host_table<trellis_host_service>(TRELLIS_HOST_SERVICE)->respond(remote_.host(), token, &response);
}

void RemoteShard::published(Decoder& body) {
  const std::string_view name_space = body.text();
  const std::string_view publisher = body.text();
  const std::string_view identity = body.text();
  std::vector<trellis_publication> messages(body.count(kLeastPublication));
  for (trellis_publication& message : messages) fields(body, message);
  if (!body.done()) return broken();
  std::vector<trellis_status> results(messages.size());
  remote_.host_table<trellis_host_publish>(TRELLIS_HOST_PUBLISH)
      ->publish_as(&shard_, view_of(name_space), view_of(publisher), view_of(identity), messages.data(), results.data(),
                   static_cast<std::uint32_t>(messages.size()));
}

// Its process ended, or was never told.
void RemoteShard::fall_back(trellis_token token) {
  count_fallbacks(1);
  if (remote_.kind() == TRELLIS_KIND_AUTHENTICATOR) {
    trellis_auth_answer answer{};
    answer.struct_size = sizeof answer;
    hosting::fallback::authenticate(fallback(), kAway, &answer);
    remote_.host_table<trellis_host_identity>(TRELLIS_HOST_IDENTITY)->complete(remote_.host(), token, &answer);
  } else if (remote_.kind() == TRELLIS_KIND_HANDLER) {
    const trellis_delivery_result result{
        sizeof result, TRELLIS_DELIVERY_RETRY, 0, TRELLIS_CAUSE_ABORTED, 0, view_of("the handler's process ended")};
    remote_.host_table<trellis_host_handler>(TRELLIS_HOST_HANDLER)->settle(remote_.host(), token, &result);
  } else if (remote_.kind() == TRELLIS_KIND_SERVICE) {
    hosting::fallback::respond(hosting::Instance::of(remote_.host()), token, kAway);
  }
}

}  // namespace trellis::isolation

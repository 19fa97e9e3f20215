#include "host_shard.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <trellis/isolation/contract.hpp>
#include <vector>

#include "host_layers.hpp"
#include "host_stage.hpp"
#include "messages.hpp"
#include "plugin_host.hpp"

namespace trellis::isolation {
namespace {

constexpr int kAtOnce = 256;

// The broker counts right, so somebody here wrote where nobody may.
[[noreturn]] void overwritten() {
  std::fputs("plugin-host: the memory shared with the broker was written over\n", stderr);
  std::_Exit(1);
}

/// The messages of a call.
struct Messages {
  explicit Messages(Decoder& body) : local(body.count(kLeastMessage)) {
    for (LocalMessage& message : local) {
      fields(body, static_cast<trellis_message&>(message));
      views.push_back(&message);
    }
  }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(views.size()); }
  std::vector<LocalMessage> local;
  std::vector<const trellis_message*> views;
};

}  // namespace

HostShard::HostShard(PluginHost& host, std::uint32_t index, runtime::Metrics& metrics, runtime::Epochs& epochs,
                     Channel& channel)
    : host_(host),
      shard_(index, metrics.cells(index), epochs),
      timers_(shard_, &hosting::PluginTimer::fire),
      channel_(channel) {}

HostShard::~HostShard() {
  shard_.stop();
  if (thread_.joinable()) thread_.join();
}

void* HostShard::state() const noexcept { return host_.instance().shard_state(shard_.index()); }

void HostShard::listen() {
  shard_.watch(channel_.wakes_me(), *this);
  take_frames();
}

void HostShard::on_ready(std::uint32_t) { take_frames(); }
void HostShard::run_deferred() { take_frames(); }

void HostShard::take_frames() {
  for (int taken = 0; taken < kAtOnce; ++taken) {
    Frame type{};
    std::string bytes;
    const auto outcome = channel_.read(type, bytes);
    if (outcome == Channel::Read::broken) overwritten();
    if (outcome == Channel::Read::frame) {
      Decoder body(bytes);
      body(question_);
      handle(type, body);
    } else if (channel_.try_sleep()) {
      return;
    }
  }
  shard_.defer_next_turn(*this);
}

void HostShard::tell(Frame type, std::string_view body) {
  RingWriter::Outcome outcome{};
  while ((outcome = channel_.write(type, body)) == RingWriter::Outcome::full && body.size() <= Channels::kMostFrame) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (outcome == RingWriter::Outcome::broken) overwritten();
}

Encoder HostShard::begin_reply() const {
  Encoder out;
  out(question_);
  return out;
}

// What does not fit is no answer, and gets the fallback.
void HostShard::reply(const Encoder& out) {
  if (out.bytes().size() <= Channels::kMostFrame) return tell(Frame::reply, out.bytes());
  tell(Frame::reply, begin_reply().bytes());
}

void HostShard::handle(Frame type, Decoder& body) {
  if (state() == nullptr) return;  // it was closed meanwhile
  switch (type) {
    case Frame::stage:
      return stage(body);
    case Frame::judge:
      return judge(body);
    case Frame::authorize:
      return authorize(body);
    case Frame::admit:
      return admit(body);
    case Frame::explain:
      return explain(body);
    case Frame::authenticate:
      return authenticate(body);
    case Frame::abandoned:
      return abandoned(body);
    case Frame::deliver:
      return deliver(body);
    case Frame::check:
      return check(body);
    case Frame::request:
      return request(body);
    case Frame::open:
      return open(body);
    case Frame::close:
      return host_.close(body.number<std::uint64_t>());
    default:
      return layer(type, body);
  }
}

// ---- stages and predicates

void HostShard::stage(Decoder& body) {
  HostBatch batch;
  body(batch.name_space);
  trellis_identity publisher{};
  if (body.number<bool>()) {
    fields(body, publisher);
    batch.publisher = &publisher;
  }
  const Messages messages(body);
  batch.size = messages.count();
  std::vector<std::uint32_t> verdicts(batch.size, TRELLIS_VERDICT_UNSET);
  host_.kind_table<trellis_stage>().on_messages(state(), batch.handle(), messages.views.data(), verdicts.data(),
                                                batch.size);
  Encoder out = begin_reply();
  out(verdicts.data(), batch.size);
  out(batch.replaced);
  out.append(batch.replacements);
  out(batch.copied);
  out.append(batch.copies);
  reply(out);
}

void HostShard::judge(Decoder& body) {
  std::shared_lock<std::shared_mutex> held;
  void* const compiled = host_.object(body.number<std::uint64_t>(), held);
  const Messages messages(body);
  std::vector<std::uint32_t> verdicts(messages.count(), TRELLIS_VERDICT_UNSET);
  if (compiled != nullptr) {
    host_.kind_table<trellis_predicate>().judge(state(), compiled, messages.views.data(), verdicts.data(),
                                                messages.count());
  }
  Encoder out = begin_reply();
  out(verdicts.data(), compiled == nullptr ? 0 : messages.count());
  reply(out);
}

void HostShard::open(Decoder& body) {
  const auto id = body.number<std::uint64_t>();
  hosting::PluginError error;
  const trellis_status status = host_.open(id, body.text(), error);
  Encoder out = begin_reply();
  out(status);
  out(status == TRELLIS_OK ? std::string_view() : error.reason());
  reply(out);
}

// ---- authenticators and authorizers

void HostShard::authenticate(Decoder& body) {
  const auto token = body.number<trellis_token>();
  trellis_credentials credentials{};
  fields(body, credentials);
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  host_.kind_table<trellis_authenticator>().authenticate(state(), &credentials, token, &answer);
  if (answer.verdict == TRELLIS_AUTH_PENDING) return;
  Encoder out;
  out(token);
  fields(out, answer);
  tell(Frame::answer, out.bytes());
}

void HostShard::abandoned(Decoder& body) {
  const auto& table = host_.kind_table<trellis_authenticator>();
  if (table.on_abandoned != nullptr) table.on_abandoned(state(), body.number<trellis_token>());
}

void HostShard::authorize(Decoder& body) {
  std::vector<trellis_access> questions(body.count(kLeastAccess));
  std::deque<trellis_identity> identities;
  for (trellis_access& question : questions) {
    if (body.number<bool>()) fields(body, identities.emplace_back());
    fields(body, question);
    question.identity = &identities.back();
  }
  const auto count = static_cast<std::uint32_t>(questions.size());
  std::vector<std::uint32_t> answers(count, TRELLIS_ACCESS_UNSET);
  host_.kind_table<trellis_authorizer>().authorize(state(), questions.data(), answers.data(), count);
  Encoder out = begin_reply();
  out(answers.data(), count);
  reply(out);
}

void HostShard::admit(Decoder& body) {
  trellis_identity identity{};
  fields(body, identity);
  trellis_access client{};
  fields(body, client);
  client.identity = &identity;
  trellis_client_limits limits{};
  limits.struct_size = sizeof limits;
  hosting::PluginError error;
  const trellis_status status = host_.kind_table<trellis_authorizer>().admit(state(), &client, &limits, &error);
  Encoder out = begin_reply();
  out(status);
  fields(out, limits);
  out(status == TRELLIS_OK ? std::string_view() : error.reason());
  reply(out);
}

void HostShard::explain(Decoder& body) {
  trellis_identity identity{};
  fields(body, identity);
  trellis_access question{};
  fields(body, question);
  question.identity = &identity;
  struct Steps {
    std::uint32_t count = 0;
    Encoder list;
  } steps;
  host_.kind_table<trellis_authorizer>().explain(state(), &question, &steps,
                                                 [](void* user, trellis_view what, trellis_view found) {
                                                   auto& all = *static_cast<Steps*>(user);
                                                   ++all.count;
                                                   all.list(what);
                                                   all.list(found);
                                                 });
  Encoder out = begin_reply();
  out(steps.count);
  out.append(steps.list);
  reply(out);
}

// ---- handlers and services

void HostShard::deliver(Decoder& body) {
  std::shared_lock<std::shared_mutex> held;
  void* const destination = host_.object(body.number<std::uint64_t>(), held);
  const auto token = body.number<trellis_token>();
  trellis_delivery delivery{};
  fields(body, delivery);
  LocalMessage message;
  fields(body, static_cast<trellis_message&>(message));
  delivery.message = &message;
  if (destination != nullptr) {
    return host_.kind_table<trellis_handler>().deliver(state(), destination, &delivery, &token, 1);
  }
  refuse_delivery(token);
}

void HostShard::refuse_delivery(trellis_token token) {
  constexpr std::string_view kWhy = "the handler's new process refuses this destination";
  const trellis_delivery_result result{
      sizeof result, TRELLIS_DELIVERY_RETRY, 0, TRELLIS_CAUSE_OTHER, 0, {kWhy.data(), kWhy.size()}};
  Encoder out;
  out(token);
  fields(out, result);
  tell(Frame::settle, out.bytes());
}

void HostShard::check(Decoder& body) {
  std::shared_lock<std::shared_mutex> held;
  void* const destination = host_.object(body.number<std::uint64_t>(), held);
  const auto token = body.number<trellis_token>();
  if (destination == nullptr) return refuse_delivery(token);
  host_.kind_table<trellis_handler>().check(state(), destination, token);
}

void HostShard::request(Decoder& body) {
  const auto token = body.number<trellis_token>();
  trellis_request request{};
  fields(body, request);
  host_.kind_table<trellis_service>().on_request(state(), &request, token);
}

// ---- layers

void HostShard::layer(Frame type, Decoder& body) {
  if (host_.kind() != TRELLIS_KIND_LAYER) return;
  Encoder out = begin_reply();
  if (serve_layer(host_.kind_table<trellis_layer>(), state(), type, body, out)) reply(out);
}

}  // namespace trellis::isolation

#include "requesting.hpp"

#include <openssl/crypto.h>

#include <utility>

#include "common/base64/base64.hpp"
#include "common/http/target.hpp"
#include "publishing.hpp"
#include "query.hpp"

namespace mqtt_http {
namespace {

/// What a call has of it: told that its client went.
class AskingWork final : public Work {
 public:
  explicit AskingWork(std::weak_ptr<Asking> asking) : asking_(std::move(asking)) {}
  void on_gone() override {
    if (const auto asking = asking_.lock()) asking->on_gone();
  }

 private:
  std::weak_ptr<Asking> asking_;
};

std::optional<Problem> read_timeout(const Query& query, const Settings& settings, std::chrono::milliseconds& timeout) {
  const auto most = static_cast<std::size_t>(settings.longest_timeout.count() / 1000);
  std::size_t seconds = 0;
  timeout = settings.response_timeout;
  if (!query.find("timeout")) return std::nullopt;
  if (auto problem = query.number("timeout", 1, std::max<std::size_t>(most, 1), 1, seconds)) return problem;
  timeout = std::chrono::seconds(seconds);
  return std::nullopt;
}

}  // namespace

void request_response(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  const Settings& settings = call->here().settings();
  Query query;
  Draft draft;
  std::chrono::milliseconds timeout{0};
  auto problem = Query::read(request.query(), {"topic", "qos", "timeout"}, {}, query);
  if (!problem) problem = read_timeout(query, settings, timeout);
  if (!problem) problem = read_message(request.headers(), request.body(), query, settings.limits, draft);
  if (!problem && (draft.flags & TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC) != 0)
    problem = bad_request("the response topic is this call's own", "mqtt-response-topic");
  if (!problem && draft.retain()) problem = bad_request("a request is not retained", "mqtt-retain");
  call->with_client(request, [problem, draft = std::move(draft), timeout](Call& known, const Caller& caller) mutable {
    if (problem) return known.refuse(*problem);
    Asking::begin(known, caller, std::move(draft), timeout);
  });
}

void Asking::begin(Call& call, const Caller& caller, Draft draft, std::chrono::milliseconds timeout) {
  Here& here = call.here();
  Place place = Place::take(here.outstanding, here.settings().outstanding);
  if (!place) return call.refuse({503, "as many requests wait for responses as may", {}});
  draft.response_topic = response_topic_of(here.settings().response_topic, caller.name, random_text());
  draft.flags |= TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC | TRELLIS_MESSAGE_HAS_CORRELATION;
  if (draft.correlation_data.empty()) draft.correlation_data = random_text();
  if (const auto problem = check_filter(draft.response_topic, here.settings().limits)) return call.refuse(*problem);

  const auto asking = std::make_shared<Asking>(call, std::move(place), draft.correlation_data);
  trellis_status status = asking->open(call, caller, true);
  if (status == TRELLIS_OK) status = asking->subscribe(draft.response_topic, 1, 0);
  if (status != TRELLIS_OK) return call.refuse(subscribe_problem(status, draft.response_topic));
  std::vector<Draft> drafts;
  drafts.push_back(std::move(draft));
  if (const auto problem = may_publish(call, caller, drafts)) return call.refuse(*problem);
  // The response may come within publish().
  asking->kept_ = true;
  here.keep(asking);
  call.set_work(std::make_unique<AskingWork>(asking));
  call.extend(timeout + std::chrono::seconds(5));
  asking->timer_ = here.shard().after(timeout, [weak = std::weak_ptr<Asking>(asking)] {
    if (const auto one = weak.lock()) one->time_over();
  });
  status = publish(call, caller, drafts)[0];
  if (call.over()) return;
  if (status == TRELLIS_OK || status == TRELLIS_DROPPED) return;
  asking->waits_ = false;
  asking->bury();
  call.refuse(status == TRELLIS_NO_MATCH ? Problem{404, "nobody subscribes to the topic", "topic"}
                                         : publish_problem(status));
}

Asking::Asking(Call& call, Place place, std::string correlation)
    : Receiver(call.here()),
      call_(call.weak_from_this()),
      place_(std::move(place)),
      correlation_(std::move(correlation)) {
  here().metrics().waiting.add(here().shard());
}

Asking::~Asking() { here().metrics().waiting.add(here().shard(), -1); }

bool Asking::on_message(const trellis_delivery& delivery) {
  const std::string_view correlation = trellis::text(delivery.message->correlation_data);
  const bool mine = correlation.size() == correlation_.size() &&
                    CRYPTO_memcmp(correlation.data(), correlation_.data(), correlation.size()) == 0;
  const Metrics& metrics = here().metrics();
  (!mine ? metrics.foreign : waits_ ? metrics.matched : metrics.late).add(here().shard());
  if (mine && std::exchange(waits_, false)) answer(*delivery.message);
  if (mine) bury();
  return true;
}

void Asking::answer(const trellis_message& message) {
  const auto call = call_.lock();
  if (call == nullptr) return;
  const bool typed = (message.flags & TRELLIS_MESSAGE_HAS_CONTENT_TYPE) != 0;
  std::string properties;
  if (message.user_property_count > 0) {
    append_user_properties(properties, message.user_properties, message.user_property_count);
    properties = common::to_base64(properties);
  }
  const std::string topic = trellis::http::percent_encode(trellis::text(message.topic), "-._~/:@!$&'()*,;=");
  const std::string correlation = common::to_base64(correlation_);
  trellis::Response response{.body = trellis::text(message.payload),
                             .content_type = typed ? trellis::text(message.content_type) : "application/octet-stream"};
  response.headers = {{"mqtt-topic", topic},
                      {"mqtt-correlation-data", correlation},
                      {"cache-control", "no-store"},
                      // Whoever responds chooses type and content: a browser is not to run them as this server's.
                      {"content-security-policy", "sandbox; default-src 'none'"}};
  if (!properties.empty()) response.headers.push_back({"mqtt-user-properties", properties});
  if ((message.flags & TRELLIS_MESSAGE_HAS_FORMAT) != 0)
    response.headers.push_back(
        {"mqtt-payload-format-indicator", (message.flags & TRELLIS_MESSAGE_TEXT) != 0 ? "1" : "0"});
  call->answer(std::move(response));
}

void Asking::time_over() {
  const auto self = shared_from_this();
  if (!waits_) return bury();
  const auto call = call_.lock();
  stop_waiting();
  if (call != nullptr) call->refuse({504, "no response came in time", {}});
}

// Responses that come now are late.
void Asking::stop_waiting() {
  waits_ = false;
  if (!kept_) return;
  timer_ = here().shard().after(here().settings().late, [weak = weak_from_this()] {
    if (const auto one = weak.lock()) one->bury();
  });
}

// Its subscriber may be delivering just now.
void Asking::bury() {
  if (std::exchange(kept_, false)) here().bury_kept(this);
}

void Asking::on_lost() {
  const auto call = call_.lock();
  const bool waited = std::exchange(waits_, false);
  bury();
  if (waited && call != nullptr) call->refuse({503, "the broker ended the subscription to the response topic", {}});
}

}  // namespace mqtt_http

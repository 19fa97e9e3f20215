#include "here.hpp"

#include <algorithm>
#include <utility>

#include "mqtt_http.hpp"
#include "publishing.hpp"
#include "requesting.hpp"
#include "retained.hpp"
#include "stream.hpp"

namespace mqtt_http {
namespace {

constexpr std::chrono::milliseconds kTick{1000};
/// Whoever is refused again and again does not fill the log.
constexpr std::chrono::milliseconds kQuiet{10000};

struct Route {
  std::string_view method;
  std::string_view path;
  Doing doing;
  void (*begin)(const std::shared_ptr<Call>& call, const trellis::Request& request);
};
constexpr Route kRoutes[] = {{"POST", "/messages", Doing::publish, &publish_one},
                             {"POST", "/messages/batch", Doing::batch, &publish_batch},
                             {"GET", "/retainedMessages/message", Doing::read_retained, &read_retained},
                             {"GET", "/retainedMessages", Doing::list_retained, &list_retained},
                             {"DELETE", "/retainedMessages", Doing::delete_retained, &delete_retained},
                             {"GET", "/subscribe", Doing::subscribe, &subscribe},
                             {"POST", "/request", Doing::request, &request_response}};

}  // namespace

Here::Here(MqttHttp& plugin, const trellis::Shard& shard)
    : shard_(shard),
      settings_(plugin.settings()),
      metrics_(plugin.metrics()),
      plugin_(plugin),
      tables_(shard.host()),
      queues_(shard.host()) {
  plugin.enter(shard.index(), this);
}

Here::~Here() {
  plugin_.enter(shard_.index(), nullptr);
  draining_ = true;
  // Somebody may hold a call beyond this: it says nothing any more.
  for (const auto& [key, call] : std::exchange(calls_, {})) call->abandon();
  std::exchange(kept_, {}).clear();
  std::exchange(gone_, {}).clear();
}

void Here::on_request(const trellis::Request& request, trellis::Reply reply) {
  std::string allow;
  const Route* found = nullptr;
  for (const Route& route : kRoutes) {
    if (route.path != request.path()) continue;
    allow += (allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == request.method()) found = &route;
  }
  const Browser browser(request, settings_.origins);
  const auto call =
      std::make_shared<Call>(*this, request, std::move(reply), found == nullptr ? Doing::other : found->doing);
  if (allow.empty()) return call->refuse({404, "nothing answers at this path", {}});
  if (browser.refused())
    return call->refuse({403,
                         "pages of " + in_quotes(request.header("origin")) +
                             " may not use this API: the setting cors_origins does not list them",
                         {}});
  if (browser.preflight()) {
    trellis::Response response{.status = 204, .content_type = ""};
    browser.add_preflight(response.headers);
    return call->answer(std::move(response));
  }
  if (found == nullptr) {
    const std::string body = error_body({405, "expected " + allow, {}});
    trellis::Response response{.status = 405, .body = body, .content_type = "application/json"};
    response.headers = {{"allow", allow}, {"x-ms-error-code", code_of(405)}};
    return call->answer(std::move(response));
  }
  found->begin(call, request);
}

void Here::drain() {
  draining_ = true;
  std::vector<std::shared_ptr<Call>> calls;
  for (const auto& [key, call] : calls_) calls.push_back(call);
  for (const auto& call : calls) call->on_drain();
}

void Here::hold(std::shared_ptr<Call> call) {
  Call* const key = call.get();
  calls_.emplace(key, std::move(call));
}

void Here::let_go(Call& call) {
  const auto found = calls_.find(&call);
  if (found == calls_.end()) return;
  auto gone = std::move(found->second);
  calls_.erase(found);
  bury(std::move(gone));
}

void Here::bury(std::shared_ptr<void> gone) {
  gone_.push_back(std::move(gone));
  if (gone_.size() > 1) return;
  shard_.host().post(shard_.index(), [&plugin = plugin_, index = shard_.index()] {
    if (Here* const here = plugin.on_shard(index)) std::exchange(here->gone_, {}).clear();
  });
}

void Here::mention(const Problem& problem, std::string_view peer) {
  if (problem.status == 404 || problem.status == 405 || problem.status == 504) return;
  if (shard_.now() < quiet_until_) return;
  quiet_until_ = shard_.now() + kQuiet;
  shard_.host().log(
      trellis::Level::warn, "a request of the MQTT API over HTTP is refused",
      {{"peer", peer}, {"code", code_of(problem.status)}, {"why", problem.message}, {"of", problem.target}});
}

void Here::keep(std::shared_ptr<void> one) {
  void* const key = one.get();
  kept_.emplace(key, std::move(one));
}

void Here::bury_kept(void* one) {
  const auto found = kept_.find(one);
  if (found == kept_.end()) return;
  auto gone = std::move(found->second);
  kept_.erase(found);
  bury(std::move(gone));
}

void Here::add(Ticked& one) {
  ticked_.push_back(&one);
  if (!timer_.waiting()) timer_ = shard_.after(kTick, [this] { tick(); });
}

void Here::remove(Ticked& one) noexcept { std::erase(ticked_, &one); }

// Whoever is told goes later: bury() sees to that.
void Here::tick() {
  const std::vector<Ticked*> ticked = ticked_;
  for (Ticked* const one : ticked) one->tick();
  if (!ticked_.empty()) timer_ = shard_.after(kTick, [this] { tick(); });
}

}  // namespace mqtt_http

#include "metrics_service.hpp"

#include <trellis/json.hpp>

namespace service_metrics {
namespace {

constexpr std::string_view kMetrics = "metrics";
constexpr std::string_view kHealth = "healthz";
constexpr std::string_view kReadiness = "readyz";
// What is true now says nothing about the next second.
constexpr trellis::Pair kNoStore{"cache-control", "no-store"};

std::string_view known(std::string_view name) noexcept {
  return name == kMetrics || name == kHealth || name == kReadiness ? name : std::string_view();
}

void answer_json(trellis::Reply& reply, std::uint32_t status, std::string_view body) {
  reply.send({.status = status, .body = body, .content_type = "application/json", .headers = {kNoStore}});
}

std::string error(std::string_view code, std::string_view message) {
  return R"({"error":{"code":)" + trellis::json::quote(code) + R"(,"message":)" + trellis::json::quote(message) + "}}";
}

void answer_metrics(const trellis::Host& host, trellis::Reply& reply) {
  reply.send({.status = 200,
              .body = host.render_metrics(),
              .content_type = "text/plain; version=0.0.4; charset=utf-8",
              .headers = {kNoStore}});
}

}  // namespace

std::string_view page_of(std::string_view mount, std::string_view path) noexcept {
  const std::string_view mounted = known(mount.substr(mount.rfind('/') + 1));
  if (!mounted.empty()) return path.empty() || path == "/" ? mounted : std::string_view();
  return known(path.substr(path.starts_with('/') ? 1 : 0));
}

JsonPage readiness_page(const trellis::Result<void>& ready) {
  if (ready) return {200, R"({"status":"ready"})"};
  return {503, R"({"status":"unready","reason":)" + trellis::json::quote(ready.error().text) + "}"};
}

void MetricsService::on_request(const trellis::Request& request, trellis::Reply reply) {
  const std::string_view page = page_of(request.mount(), request.path());
  if (page.empty()) {
    return answer_json(reply, 404, error("NotFound", "the pages here are metrics, healthz and readyz"));
  }
  if (request.method() != "GET" && request.method() != "HEAD") {
    const std::string body = error("MethodNotAllowed", "this page can only be read");
    reply.send({.status = 405,
                .body = body,
                .content_type = "application/json",
                .headers = {kNoStore, {"allow", "GET, HEAD"}}});
    return;
  }
  if (page == kMetrics) return answer_metrics(host(), reply);
  if (page == kReadiness) {
    const JsonPage readiness = readiness_page(host().ready());
    return answer_json(reply, readiness.status, readiness.body);
  }
  // That this runs is the answer: the loop lives.
  answer_json(reply, 200, R"({"status":"ok"})");
}

}  // namespace service_metrics

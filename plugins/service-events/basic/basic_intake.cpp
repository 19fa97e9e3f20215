#include "basic/basic_intake.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "common/cloud_event/json_text.hpp"
#include "common/http/characters.hpp"

namespace events_service {
namespace {

using events::problem;

// What is converted may have become longer than the request was, which is judged before.
events::IntakeRules basic_rules(events::IntakeRules rules, std::size_t events) {
  rules.events = events;
  rules.too_large_status = 413;
  rules.request_bytes = std::numeric_limits<std::size_t>::max();
  return rules;
}

}  // namespace

BasicIntake::BasicIntake(const events::IntakeRules& rules, std::size_t events)
    : request_bytes_(rules.request_bytes), intake_(basic_rules(rules, events)), conversion_(events) {}

const events::Problem* BasicIntake::read(const trellis::Request& request, const SchemaMapping* mapping,
                                         std::string_view topic) {
  const std::string_view body = request.body();
  if (body.size() > request_bytes_) {
    return refuse(problem(413, "the body: found " + std::to_string(body.size()) + " bytes, expected at most " +
                                   std::to_string(request_bytes_)));
  }
  const std::string_view content_type = request.header("content-type");
  const std::string_view type = cloud_event::trim(content_type.substr(0, content_type.find(';')));
  static constexpr std::string_view kCloudEvents = "application/cloudevents";
  if (trellis::http::equals_ignoring_case(type.substr(0, kCloudEvents.size()), kCloudEvents))
    return intake_.read(request.headers(), body);
  const bool binary = !request.header("ce-specversion").empty() || !request.header("ce-id").empty();
  const bool json = type.empty() || trellis::http::equals_ignoring_case(type, "application/json");
  if (binary || !json) {
    return refuse(problem(
        400,
        (binary ? "found a CloudEvent in binary mode" : "header 'content-type': found " + events::in_quotes(type)) +
            ", expected an array of events as application/json, or of CloudEvents as "
            "application/cloudevents-batch+json",
        "content-type"));
  }
  if (mapping == nullptr) return read_batch(request, body, 0);
  const Stamps stamps{topic, request.shard().wall().count()};
  if (auto wrong = conversion_.read(body, *mapping, stamps)) return refuse(std::move(*wrong));
  return read_batch(request, conversion_.batch(), Conversion::kReadable);
}

const events::Problem* BasicIntake::read_batch(const trellis::Request& request, std::string_view body,
                                               std::size_t readable) {
  const auto field = [&](std::string_view name, std::string_view value) -> trellis_pair {
    return {trellis::view(name), trellis::view(value)};
  };
  const std::array<trellis_pair, 3> fields = {field("content-type", "application/cloudevents-batch+json"),
                                              field("traceparent", request.header("traceparent")),
                                              field("tracestate", request.header("tracestate"))};
  return intake_.read({fields.data(), fields.size()}, body, readable);
}

const events::Problem* BasicIntake::refuse(events::Problem wrong) {
  problem_ = std::move(wrong);
  return &problem_;
}

}  // namespace events_service

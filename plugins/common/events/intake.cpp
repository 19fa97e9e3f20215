#include "common/events/intake.hpp"

#include <algorithm>
#include <optional>

#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/reader.hpp"
#include "common/events/draft.hpp"
#include "common/events/rules.hpp"
#include "common/events/text.hpp"

namespace events {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals(std::string_view text, std::string_view small) noexcept {
  return std::ranges::equal(text, small, [](char a, char b) { return lower(a) == b; });
}

bool begins(std::string_view text, std::string_view small) noexcept {
  return equals(text.substr(0, small.size()), small);
}

std::string_view media_type(std::string_view content_type) noexcept {
  return cloud_event::trim(content_type.substr(0, content_type.find(';')));
}

bool has_attributes(trellis::Pairs headers) noexcept {
  return std::ranges::any_of(headers.begin(), headers.end(),
                             [](const trellis::Pair& header) { return begins(header.name, "ce-"); });
}

// Nothing where it is a format of CloudEvents that nobody here reads.
std::optional<Mode> mode_of(std::string_view type, trellis::Pairs headers, std::string_view body) noexcept {
  if (begins(type, "application/cloudevents")) {
    if (equals(type, "application/cloudevents+json") || equals(type, "application/cloudevents"))
      return Mode::structured;
    if (equals(type, "application/cloudevents-batch+json") || equals(type, "application/cloudevents-batch")) {
      return Mode::batch;
    }
    return std::nullopt;
  }
  const bool may_be_batch = type.empty() || equals(type, "application/json");
  const bool batch = may_be_batch && cloud_event::trim(body).starts_with('[') && !has_attributes(headers);
  return batch ? Mode::batch : Mode::binary;
}

Trace trace_of(trellis::Pairs headers) noexcept {
  Trace trace;
  if (!is_traceparent(headers.find("traceparent"))) return trace;
  trace.parent = headers.find("traceparent");
  if (is_attribute_text(headers.find("tracestate"))) trace.state = headers.find("tracestate");
  return trace;
}

// Beyond this the parser counts on its own, and recursion needs a bound whatever the settings say.
constexpr std::size_t kMostDepth = 1000;

IntakeRules bounded(IntakeRules rules) noexcept {
  rules.depth = std::min(rules.depth, kMostDepth);
  rules.request_bytes = std::min(rules.request_bytes, cloud_event::kMostEventBytes);
  return rules;
}

}  // namespace

struct Intake::State {
  explicit State(const IntakeRules& rules) : taken(bounded(rules)) {}

  const Problem* outcome(bool good) {
    if (!good) taken.events.clear();
    taken.settle();
    return good ? nullptr : &taken.problem;
  }
  void begin() {
    taken.begin();
    taken.problem.message.clear();
    taken.trace = Trace();
  }
  bool fits(std::size_t bytes) {
    if (bytes <= taken.rules.request_bytes) return true;
    taken.problem =
        problem(taken.rules.too_large_status, "the body: found " + std::to_string(bytes) + " bytes, expected at most " +
                                                  std::to_string(taken.rules.request_bytes));
    taken.problem.code = code_of(413);
    return false;
  }

  Taken taken;
};

Intake::Intake(IntakeRules rules) : state_(std::make_unique<State>(rules)) {}
Intake::~Intake() = default;

const Problem* Intake::read(trellis::Pairs headers, std::string_view body, std::size_t readable) {
  State& state = *state_;
  Taken& taken = state.taken;
  state.begin();
  const std::string_view type = media_type(headers.find("content-type"));
  const auto mode = mode_of(type, headers, body);
  if (!mode) {
    taken.problem = problem(415,
                            "header 'content-type': found " + in_quotes(type) +
                                ", expected application/cloudevents+json, application/cloudevents-batch+json, or "
                                "the type of the data of an event in binary mode",
                            "content-type");
    return state.outcome(false);
  }
  taken.mode = *mode;
  if (!state.fits(body.size())) return state.outcome(false);
  if (taken.rules.trace_context) taken.trace = trace_of(headers);
  return state.outcome(*mode == Mode::binary ? read_binary(taken, headers, body, readable)
                                             : read_structured(taken, body, readable));
}

const Problem* Intake::read_one(std::string_view json, std::size_t readable) {
  State& state = *state_;
  state.begin();
  state.taken.mode = Mode::structured;
  return state.outcome(state.fits(json.size()) && read_structured(state.taken, json, readable));
}

std::span<const Event> Intake::events() const noexcept { return state_->taken.events; }
Mode Intake::mode() const noexcept { return state_->taken.mode; }
const IntakeRules& Intake::rules() const noexcept { return state_->taken.rules; }

}  // namespace events

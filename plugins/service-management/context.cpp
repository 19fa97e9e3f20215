#include "context.hpp"

namespace management {
namespace {

constexpr trellis::Pair kNoStore{"cache-control", "no-store"};

void send(const Context& context, trellis::Reply& reply, trellis::Response response) {
  response.content_type = response.body.empty() ? "" : "application/json";
  response.headers.push_back(kNoStore);
  const bool refused = response.status >= 400;
  (response.status == 401 ? context.metrics.unauthorized
   : refused              ? context.metrics.refused
                          : context.metrics.done)
      .add_any();
  reply.send(response);
}

}  // namespace

void Provisioning::look(const trellis::Host& host) {
  auto found = trellis::borrow<common::ProvisioningStates>(host);
  const std::lock_guard lock(mutex_);
  states_ = std::move(found);
}

std::string Provisioning::state_of(std::string_view name_space, std::string_view type, std::string_view name) const {
  std::string state = "Succeeded";
  const std::lock_guard lock(mutex_);
  if (states_) {
    (*states_)->find(states_->instance(), trellis::view(name_space), trellis::view(type), trellis::view(name), &state,
                     [](void* user, trellis_view said) { *static_cast<std::string*>(user) = trellis::text(said); });
  }
  return state;
}

void log_change(const Context& context, const Author& author, std::string_view name_space, std::string_view what,
                std::string_view outcome) {
  context.host.log(trellis::Level::info, "resource changed",
                   {{"resource", what},
                    {"outcome", outcome},
                    {"namespace", name_space},
                    {"token", author.name},
                    {"peer", author.peer}});
}

void log_refusal(const Context& context, const Author& author, std::string_view name_space, std::string_view what,
                 const Problem& problem) {
  context.host.log(trellis::Level::info, "change refused",
                   {{"resource", what},
                    {"reason", problem.code},
                    {"namespace", name_space},
                    {"token", author.name},
                    {"peer", author.peer}});
}

std::string_view outcome_of(const trellis_resource_result& result) noexcept {
  if (result.before == nullptr) return "created";
  if (result.after == nullptr) return "removed";
  return result.before->revision == result.after->revision ? "unchanged" : "changed";
}

void count(const Context& context, std::string_view outcome) {
  if (outcome == "created") context.metrics.created.add_any();
  if (outcome == "changed") context.metrics.changed.add_any();
  if (outcome == "removed") context.metrics.removed.add_any();
}

void send_json(const Context& context, trellis::Reply& reply, std::uint32_t status, std::string_view body,
               std::string_view tag) {
  trellis::Response response{.status = status, .body = body};
  if (!tag.empty()) response.headers.push_back({"etag", tag});
  send(context, reply, std::move(response));
}

void send_problem(const Context& context, trellis::Reply& reply, const Problem& problem) {
  if (problem.status == 503) return send_problem(context, reply, problem, {"retry-after", "1"});
  const std::string body = problem.json();
  send(context, reply, {.status = problem.status, .body = body});
}

void send_problem(const Context& context, trellis::Reply& reply, const Problem& problem, trellis::Pair further) {
  const std::string body = problem.json();
  send(context, reply, {.status = problem.status, .body = body, .headers = {further}});
}

}  // namespace management

// Requests of the event API beside their events: paths, queries and bodies that settle. What is refused says why, and
// every answer is JSON.
#include <string>
#include <string_view>
#include <vector>

#include "common/events/answers.hpp"
#include "common/events/settle_request.hpp"
#include "events_json.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::is_json;
using trellis::fuzz::require;

void check_problem(const events::Problem& problem) {
  require(!problem.message.empty() && problem.status >= 400, "a refusal says why");
  std::string out;
  events::append_error(out, problem);
  require(is_json(out), "an error's body is JSON");
}

void check_route(std::string_view method, std::string_view text) {
  const std::size_t question = text.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : text.substr(question + 1);
  for (const bool decoded : {false, true}) {
    events::Route route;
    const auto problem = events::parse_route({method, text.substr(0, question), query, decoded}, {}, route);
    if (problem) {
      check_problem(*problem);
      continue;
    }
    require(route.basic || !route.topic.empty(), "a route has a topic");
    require(route.subscription.empty() == (route.operation == events::Operation::publish), "and what it is about");
    const bool reads = route.operation == events::Operation::list_dead_letters ||
                       route.operation == events::Operation::show_dead_letter;
    require(reads == (method == "GET"), "an operation has one method");
    require(!route.dead_letter.empty() || route.operation != events::Operation::show_dead_letter, "and a file to show");
    require(route.max_events >= 1 && route.max_events <= 100 && route.max_wait_s >= 10 && route.max_wait_s <= 120 &&
                route.release_delay_s <= 3600,
            "parameters keep their ranges");
  }
}

void check_settle(std::string_view text) {
  static events::SettleRequest request({.tokens = 100});
  if (const auto problem = request.read(text)) return check_problem(*problem);
  require(is_json(text), "what is taken is JSON");
  std::vector<events::Settled> settled;
  for (const events::AskedToken& token : request.tokens()) {
    settled.push_back({token.text, token.repeated ? events::TokenError::token_lost : events::TokenError::none});
  }
  require(settled.size() <= 100, "tokens keep their limit");
  for (const char* version : {"2023-06-01-preview", "2023-11-01", "2024-06-01"}) {
    std::string out;
    events::append_settled(out, settled, *events::ApiVersion::parse(version));
    require(is_json(out), "an answer is JSON");
  }
}

}  // namespace

// The first byte says which reader gets the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'r') check_route("POST", text);
  if (data[0] == 'g') check_route("GET", text);
  if (data[0] == 's') check_settle(text);
  return 0;
}

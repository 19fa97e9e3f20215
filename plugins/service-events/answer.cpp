#include "answer.hpp"

namespace events_service {

bool send_json(trellis::Reply& reply, std::string_view body) {
  const std::string_view type = body.empty() ? std::string_view() : events::kAnswerType;
  return reply.send({.status = 200, .body = body, .content_type = type});
}

bool send_problem(trellis::Reply& reply, const events::Problem& problem, bool basic) {
  std::string body;
  events::append_error(body, problem, basic);
  trellis::Response response{.status = problem.status, .body = body, .content_type = events::kAnswerType};
  response.headers.push_back({events::kErrorCodeHeader, problem.code});
  if (problem.status == 405) response.headers.push_back({"allow", "POST"});
  if (problem.status == 429 || problem.status == 503) response.headers.push_back({"retry-after", "1"});
  if (problem.status == 401)
    response.headers.push_back({"www-authenticate", "SharedAccessKey, SharedAccessSignature, Bearer"});
  return reply.send(response);
}

}  // namespace events_service

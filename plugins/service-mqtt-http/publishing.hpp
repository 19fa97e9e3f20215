/// Messages of HTTP clients on their way to the broker.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "call.hpp"
#include "draft.hpp"

namespace mqtt_http {

void publish_one(const std::shared_ptr<Call>& call, const trellis::Request& request);
void publish_batch(const std::shared_ptr<Call>& call, const trellis::Request& request);

/// Whether the client may publish all of them, and as many as that. The first that it may not is what is told.
std::optional<Problem> may_publish(Call& call, const Caller& caller, const std::vector<Draft>& drafts);
/// The second half of that alone: whether the client has not published too much of late.
std::optional<Problem> within_rates(Call& call, const Caller& caller, const std::vector<Draft>& drafts);

/// Publishes them as an MQTT client's, whose rights were asked about. Answers each one's status: TRELLIS_OK,
/// TRELLIS_NO_MATCH, TRELLIS_DROPPED, or why not.
std::vector<trellis_status> publish(Call& call, const Caller& caller, std::vector<Draft>& drafts);
inline bool accepted(trellis_status status) noexcept {
  return status == TRELLIS_OK || status == TRELLIS_NO_MATCH || status == TRELLIS_DROPPED;
}
/// How a message that was not accepted is answered.
Problem publish_problem(trellis_status status);

/// Calls done(kept) once what was published until now is kept as the namespace wants, perhaps before this returns.
void when_kept(Call& call, std::function<void(Call&, bool kept)> done);

}  // namespace mqtt_http

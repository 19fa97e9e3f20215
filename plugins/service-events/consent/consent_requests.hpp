/// Answers whoever calls a URL by which a destination consents.
#pragma once

#include <trellis/service.hpp>

namespace events_service {

class Events;

/// Whether a request is for these; it needs no credentials then.
bool is_for_consents(const trellis::Request& request, const Events& plugin);
/// Everybody gets the same answer whose call is no consent.
void answer_consent(Events& plugin, const trellis::Request& request, trellis::Reply reply);

}  // namespace events_service

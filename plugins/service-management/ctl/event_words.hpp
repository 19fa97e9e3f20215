/// Topics and event subscriptions in words: "topic create orders --retention 3".
#pragma once

#include <trellis/result.hpp>

#include "ctl/words.hpp"

namespace management::ctl {

/// Turns such a request into the one for resources that it stands for. Fails with Status::invalid where the words are
/// wrong, otherwise with why something they name cannot be read.
trellis::Result<void> use_event_words(CtlRequest& request);

/// The properties of an event subscription by its options, as JSON; further: key=value pairs of others.
trellis::Result<std::string> subscription_properties(const CtlRequest& request, std::vector<std::string> further);

}  // namespace management::ctl

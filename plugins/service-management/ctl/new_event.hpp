/// Events to be published, from words and from files.
#pragma once

#include <string>
#include <trellis/result.hpp>
#include <vector>

#include "ctl/words.hpp"

namespace management::ctl {

/// One event of its attributes, as --type, --data and their like give them; what is not given is made.
trellis::Result<std::string> make_event(const CtlRequest& request);
/// What --event names: one event, or with --batch a list of them, or a line of JSON for each. What `receive -o json`
/// printed is taken, too.
trellis::Result<std::vector<std::string>> read_events(const CtlRequest& request);

/// A UUID of random bytes.
std::string random_uuid();

}  // namespace management::ctl

/// `trellis ctl keys`: the access keys of a namespace.
#pragma once

#include "ctl/server.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Whether the words are right: what is wrong, or an empty text.
std::string check_keys_words(const CtlRequest& request);
/// Answers the exit code.
int run_keys(const CtlRequest& request, Server& server, const Terminal& terminal);

}  // namespace management::ctl

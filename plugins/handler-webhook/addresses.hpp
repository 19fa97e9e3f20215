// Which URLs may be asked.
#pragma once

#include <string_view>
#include <trellis/result.hpp>

#include "common/http/url.hpp"

namespace hooks {

/// An https URL; an http one where that is allowed, or leads to this machine.
trellis::Result<trellis::http::Url> read_url(std::string_view text, bool allow_http);

}  // namespace hooks

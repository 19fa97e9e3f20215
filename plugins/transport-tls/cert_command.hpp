/// `trellis cert`: certificates for trying out.
#pragma once

#include <string_view>
#include <trellis/command.hpp>
#include <vector>

namespace transport_tls {

/// Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_cert_command(const std::vector<std::string_view>& words, const trellis::Console& console);

}  // namespace transport_tls

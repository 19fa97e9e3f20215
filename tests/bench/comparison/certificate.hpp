// The certificate that all brokers under comparison show.
#pragma once

#include <filesystem>

namespace trellis::bench {

// Writes server.pem, self-signed for localhost with an ECDSA P-256 key and good for a day, and server.key.
// Throws std::runtime_error.
void make_certificate(const std::filesystem::path& directory);

}  // namespace trellis::bench

/// What issuers answer, read.
#pragma once

#include <string>
#include <trellis/result.hpp>
#include <vector>

#include "common/http/client.hpp"
#include "common/jose/key_set.hpp"

namespace jwks {

/// The address of the keys, from an OpenID configuration. It has to be that issuer's own (OpenID Connect Discovery 1.0,
/// 4.3), and a document that came by https names no address by http.
trellis::Result<trellis::http::Url> read_configuration(const trellis::http::ClientResponse& response,
                                                       const std::string& issuer);

/// Keys that can be used; none where the issuer takes all of them back.
trellis::Result<jose::KeySet::Reading> read_keys(const trellis::http::ClientResponse& response);

}  // namespace jwks

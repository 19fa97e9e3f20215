/// Which credential a request shows, and where it may stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace http_credentials {

/// The parts of a request in which one may be; empty where they are absent.
struct RequestParts {
  std::string_view authorization = {};  ///< the field Authorization
  std::string_view key = {};            ///< the field aeg-sas-key
  std::string_view token = {};          ///< the field aeg-sas-token
  std::string_view query = {};          ///< after '?', as sent: it may hold aeg-sas-key
};

enum class Kind : std::uint8_t { none, key, sas, bearer };

/// Dies with the request, and with `decoded`.
struct Credential {
  Kind kind = Kind::none;
  std::string_view text = {};  ///< a secret
};

/// The credential of a request; Kind::none where it shows none, or one of a scheme nobody knows here. decoded: memory
/// for one that has to be decoded first. Fails with Status::invalid where it cannot be read, or where there are
/// several: whoever looked at one of them only would be deceived by the other.
trellis::Result<Credential> find_credential(const RequestParts& request, std::string& decoded);

}  // namespace http_credentials

/// The TXT record that proves whose a domain is.
#pragma once

#include <string>
#include <string_view>

namespace custom_domains {

/// Shortest secret that is taken, in bytes.
inline constexpr std::size_t kShortestSecret = 16;

/// Where the record is looked for: "_eg.mqtt.example.com".
std::string record_name(std::string_view domain);

/// What it has to say. The same whenever it is asked for, so nothing has to be kept; another one for every namespace,
/// so that one namespace's record proves nothing for another; and nobody without the secret can tell it.
std::string record_value(std::string_view secret, std::string_view name_space, std::string_view domain);

}  // namespace custom_domains

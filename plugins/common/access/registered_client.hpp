// A client as its resource describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <vector>

namespace rights {

struct RegisteredClient {
  std::string name;  // the authentication name, as it is spelled in the resource
  bool enabled = true;
  std::string scheme;                    // a value of validationScheme
  std::vector<std::string> thumbprints;  // as they were written
};

/// By its authentication name, whatever the case of ASCII letters. [any, running]
std::optional<RegisteredClient> find_client(const trellis::Host& host, std::string_view name_space,
                                            std::string_view authentication_name);

/// Clients of one namespace that have to prove themselves again, after changes of resources.
struct ChangedClients {
  std::string name_space;
  std::vector<std::string> names;  // authentication names
};
/// Those that are gone, or differ in more than their description.
std::vector<ChangedClients> changed_clients(const std::vector<trellis::ResourceChange>& changes);
/// Those that are gone.
std::vector<ChangedClients> removed_clients(const std::vector<trellis::ResourceChange>& changes);
/// Those that were disabled or are new and disabled.
std::vector<ChangedClients> disabled_clients(const std::vector<trellis::ResourceChange>& changes);

}  // namespace rights

// The members of a namespace that this broker keeps for those who manage it as they do elsewhere.
#pragma once

#include <trellis/resources.hpp>

namespace rights {

/// location, tags, sku and the like; has to be gone on with.
trellis::Schema namespace_form();
/// Those of topicSpacesConfiguration.
trellis::Schema topic_spaces_form();

/// Refuses what would be believed to act and does not.
trellis::Result<void> check_namespace_form(const trellis::ResourceChange& change);

}  // namespace rights

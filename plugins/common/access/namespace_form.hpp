// The members of a namespace that this broker keeps for those who manage it as they do elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <trellis/resources.hpp>

namespace rights {

/// location, tags, sku and the like; has to be gone on with.
trellis::Schema namespace_form();
/// Those of topicSpacesConfiguration.
trellis::Schema topic_spaces_form();

/// Of routingEnrichments, and of whatever else adds such attributes.
trellis::Schema enrichments_form();

/// The topic of the namespace that routeTopicResourceId names: by its name, or as "…/namespaces/NS/topics/T", or as
/// "…/topics/T", since what is a custom topic elsewhere is one of the namespace's here.
trellis::Result<std::string> route_topic(std::string_view id, std::string_view name_space);

/// Refuses what would be believed to act and does not.
trellis::Result<void> check_namespace_form(const trellis::ResourceChange& change);

}  // namespace rights

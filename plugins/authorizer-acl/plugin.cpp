// Exports the plugin; apart from its code so that tests can link that too.
#include "acl.hpp"

TRELLIS_PLUGIN(acl::AclAuthorizer);

// Exports the plugin; apart from its code so that tests can link that too.
#include "sys_topics.hpp"

TRELLIS_PLUGIN(sys_topics::SysTopics);

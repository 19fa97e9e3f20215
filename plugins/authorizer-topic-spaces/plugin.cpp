// Exports the plugin; apart from its code so that tests can link that too.
#include "topic_spaces.hpp"

TRELLIS_PLUGIN(topic_spaces::TopicSpaces);

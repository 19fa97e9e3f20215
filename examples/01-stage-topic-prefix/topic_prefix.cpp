#include "topic_prefix.hpp"

TRELLIS_PLUGIN(TopicPrefix)

// Exports the plugin; apart from its code so that tests can link that too.
#include "webhook.hpp"

TRELLIS_PLUGIN(webhook::WebhookAuthenticator);

/* Keeps the token until the kernel gave up on it, and allows then. */
#include <trellis/trellis.h>
static void promise(void *shard, const trellis_credentials *credentials, trellis_token token,
                    trellis_auth_answer *answer) {
  (void)shard;
  (void)credentials;
  (void)token;
  answer->verdict = TRELLIS_AUTH_PENDING;
}
static void allow_too_late(void *shard, trellis_token token);
static const trellis_authenticator late_authenticator = {sizeof(trellis_authenticator), promise, allow_too_late};
#define KIND TRELLIS_KIND_AUTHENTICATOR
#define TABLE_ID TRELLIS_AUTHENTICATOR
#define TABLE &late_authenticator
#define WANTS TRELLIS_HOST_IDENTITY
#include "../plugin.h"
static void allow_too_late(void *shard, trellis_token token) {
  (void)shard;
  const trellis_host_identity *host = (const trellis_host_identity *)host_table(TRELLIS_HOST_IDENTITY);
  const trellis_auth_answer yes = {.struct_size = sizeof yes, .verdict = TRELLIS_AUTH_ALLOW};
  host->complete(the_host, token, &yes);
}

/* Allows, and then denies the same token. */
#include <trellis/trellis.h>
static void answer_twice(void *shard, const trellis_credentials *credentials, trellis_token token,
                         trellis_auth_answer *answer);
static const trellis_authenticator hasty_authenticator = {sizeof(trellis_authenticator), answer_twice, NULL};
#define KIND TRELLIS_KIND_AUTHENTICATOR
#define TABLE_ID TRELLIS_AUTHENTICATOR
#define TABLE &hasty_authenticator
#define WANTS TRELLIS_HOST_IDENTITY
#include "../plugin.h"
static void answer_twice(void *shard, const trellis_credentials *credentials, trellis_token token,
                         trellis_auth_answer *answer) {
  (void)shard;
  (void)credentials;
  const trellis_host_identity *host = (const trellis_host_identity *)host_table(TRELLIS_HOST_IDENTITY);
  const trellis_auth_answer yes = {.struct_size = sizeof yes, .verdict = TRELLIS_AUTH_ALLOW};
  const trellis_auth_answer no = {
      .struct_size = sizeof no, .verdict = TRELLIS_AUTH_DENY, .status = TRELLIS_NOT_AUTHORIZED};
  answer->verdict = TRELLIS_AUTH_PENDING;
  host->complete(the_host, token, &yes);
  host->complete(the_host, token, &no);
}

#include <trellis/trellis.h>
static void judge_nobody(void *shard, const trellis_credentials *credentials, trellis_token token,
                         trellis_auth_answer *answer) {
  (void)shard;
  (void)credentials;
  (void)token;
  (void)answer;
}
static const trellis_authenticator silent_authenticator = {sizeof(trellis_authenticator), judge_nobody, NULL};
#define KIND TRELLIS_KIND_AUTHENTICATOR
#define TABLE_ID TRELLIS_AUTHENTICATOR
#define TABLE &silent_authenticator
#include "../plugin.h"

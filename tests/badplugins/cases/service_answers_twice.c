/* Answers the same request twice, and a request that never was. */
#include <trellis/trellis.h>
static void answer_twice(void *shard, const trellis_request *request, trellis_token token);
static const trellis_service hasty_service = {sizeof(trellis_service), answer_twice};
#define KIND TRELLIS_KIND_SERVICE
#define TABLE_ID TRELLIS_SERVICE
#define TABLE &hasty_service
#define WANTS TRELLIS_HOST_SERVICE
#include "../plugin.h"
static void answer_twice(void *shard, const trellis_request *request, trellis_token token) {
  (void)shard;
  (void)request;
  const trellis_host_service *host = (const trellis_host_service *)host_table(TRELLIS_HOST_SERVICE);
  const trellis_response first = {.struct_size = sizeof first, .status = 200, .body = TEXT("first\n")};
  const trellis_response second = {.struct_size = sizeof second, .status = 500, .body = TEXT("second\n")};
  host->respond(the_host, token, &first);
  host->respond(the_host, token, &second);
  host->respond(the_host, UINT64_MAX, &second);
}

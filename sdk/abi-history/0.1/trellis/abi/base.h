/* What every other header of the Trellis plugin contract builds on: version, views, status codes.
 *
 * The contract is C11 with fixed-width integers, views, opaque handles and function pointers. Nothing else
 * crosses between kernel and plugin: no C++ type, no exception, no errno, no memory that the other side frees.
 *
 * Thread tags used throughout:
 *   [control]  the one control thread; may take milliseconds
 *   [shard]    the event loop that owns the object; never two calls at once for one shard; must not block
 *   [any]      any thread, several at once
 * State tags name the life-cycle state in which a call is legal: created, configured, running, draining.
 *
 * Structs that may grow begin with struct_size, as compiled by whoever fills them, and grow only at their end.
 * A reader looks at a member only if struct_size covers it. */
#ifndef TRELLIS_ABI_BASE_H
#define TRELLIS_ABI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Before 1.0 the minor counts as a major: a plugin loads only where both numbers are equal. */
#define TRELLIS_ABI_MAJOR 0
#define TRELLIS_ABI_MINOR 1

/* Bytes owned by somebody else, valid until the call they were passed to returns unless stated otherwise.
 * data may be null when size is 0. Text is UTF-8 without terminator. */
typedef struct trellis_view {
  const char *data;
  size_t size;
} trellis_view;

/* A name with its value. */
typedef struct trellis_pair {
  trellis_view name;
  trellis_view value;
} trellis_pair;

/* Outcome of a call or of an operation asked for. 0 is no status, so a forgotten write is caught. */
typedef int32_t trellis_status;
enum {
  TRELLIS_STATUS_UNSET = 0,
  TRELLIS_OK = 1,
  TRELLIS_NO_MATCH = 2,         /* accepted, but nobody was there to receive or to be removed */
  TRELLIS_EXISTED = 3,          /* accepted, and replaced something of the same name */
  TRELLIS_NOT_AUTHORIZED = 10,  /* the identity may not do this */
  TRELLIS_BAD_CREDENTIALS = 11, /* who-are-you failed */
  TRELLIS_BAD_METHOD = 12,      /* no authenticator knows the authentication method */
  TRELLIS_INVALID = 13,         /* malformed name, filter or argument */
  TRELLIS_QUOTA = 14,           /* a limit was reached; the limit's counter tells which */
  TRELLIS_TOO_LARGE = 15,       /* above a size limit */
  TRELLIS_UNAVAILABLE = 16,     /* try again later: draining, overloaded, or something needed is missing */
  TRELLIS_DROPPED = 17,         /* a stage dropped it on purpose; for the sender this is success */
  TRELLIS_UNSUPPORTED = 18,     /* switched off by configuration */
  TRELLIS_INTERNAL = 19         /* a broken promise inside; logged with details */
};

/* Text for people, written by whoever reports a failure. Owned by the caller; text need not be terminated. */
typedef struct trellis_error {
  uint32_t struct_size;
  uint32_t size; /* bytes used of text; longer texts are cut */
  char text[1016];
} trellis_error;

/* One event loop on one thread. Handles of it are valid only on that thread. */
typedef struct trellis_shard trellis_shard;
/* A byte stream with its protocol. Belongs to one shard; valid until on_close returned. */
typedef struct trellis_connection trellis_connection;
/* A receiver of messages: filters, a queue, a way out. Belongs to one shard. */
typedef struct trellis_subscriber trellis_subscriber;
/* The kernel as one plugin instance sees it. Valid from create until destroy returned. */
typedef struct trellis_host trellis_host;

/* Names something that answers later: slot and generation. A late or second answer is counted and ignored. */
typedef uint64_t trellis_token;

#ifdef __cplusplus
}
#endif
#endif

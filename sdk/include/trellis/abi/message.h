/* Messages: what is published and what is delivered. An MQTT PUBLISH and a CloudEvent are both one. */
#ifndef TRELLIS_ABI_MESSAGE_H
#define TRELLIS_ABI_MESSAGE_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of trellis_message.flags. */
enum {
  TRELLIS_MESSAGE_RETAIN = 1u << 0,           /* the publisher asked to keep it as the topic's last message */
  TRELLIS_MESSAGE_TEXT = 1u << 1,             /* payload format indicator 1: payload is UTF-8 text */
  TRELLIS_MESSAGE_HAS_FORMAT = 1u << 2,       /* the publisher sent a payload format indicator, 0 or 1 */
  TRELLIS_MESSAGE_HAS_EXPIRY = 1u << 3,       /* expires_at_ms counts */
  TRELLIS_MESSAGE_HAS_CONTENT_TYPE = 1u << 4, /* present, perhaps empty */
  TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC = 1u << 5,
  TRELLIS_MESSAGE_HAS_CORRELATION = 1u << 6
};

/* One immutable message.
 *
 * The kernel owns it. Whoever gets a pointer borrows it until the call returns; to keep it longer call retain() of
 * the message table, which may answer with another pointer, and release() that one later.
 * All views point into the message and live as long as it. */
typedef struct trellis_message {
  uint32_t struct_size;
  uint32_t flags;     /* TRELLIS_MESSAGE_… */
  trellis_view topic; /* valid topic name: no wildcard, no U+0000, not empty */
  trellis_view payload;
  trellis_view content_type;
  trellis_view response_topic;
  trellis_view correlation_data;
  const trellis_pair *user_properties; /* in the order sent, repeats kept */
  uint32_t user_property_count;
  uint32_t qos;                    /* 0, 1, 2: how surely the publisher sent it */
  int64_t expires_at_ms;           /* Unix time; with TRELLIS_MESSAGE_HAS_EXPIRY */
  int64_t published_at_ms;         /* Unix time of arrival */
  trellis_view publisher;          /* client id or other name of the sender, empty for the broker itself */
  trellis_view publisher_identity; /* authenticated name, empty when anonymous */
} trellis_message;

/* A message about to be published: the same facts, all borrowed for the call. */
typedef struct trellis_publication {
  uint32_t struct_size;
  uint32_t flags;
  trellis_view topic;
  trellis_view payload;
  trellis_view content_type;
  trellis_view response_topic;
  trellis_view correlation_data;
  const trellis_pair *user_properties;
  uint32_t user_property_count;
  uint32_t qos;
  uint32_t expiry_s; /* seconds from now; with TRELLIS_MESSAGE_HAS_EXPIRY */
  /* Kept with the publisher's own subscriber in one step with the message, where that outlives the process, until
   * unmark(): a packet id received exactly once. 0: none. */
  uint32_t mark;
} trellis_publication;

/* Keeping messages beyond a call. */
#define TRELLIS_HOST_MESSAGE "trellis.host.message/1"
typedef struct trellis_host_message {
  uint32_t struct_size;
  /* Keeps a message; answers the pointer to use and to release, never null. Copies at most once, when the message
   * still lies in a read buffer.
   * [any] */
  const trellis_message *(*retain)(const trellis_message *message);
  /* Gives back what retain answered.
   * [any] */
  void (*release)(const trellis_message *message);
} trellis_host_message;

/* Publishing. */
#define TRELLIS_HOST_PUBLISH "trellis.host.publish/1"
typedef struct trellis_host_publish {
  uint32_t struct_size;
  /* Publishes messages of a connection's client in order: authorizers, stages, retained store, routing. Writes one
   * status per message: TRELLIS_OK, TRELLIS_NO_MATCH, TRELLIS_DROPPED (all three accepted), TRELLIS_NOT_AUTHORIZED,
   * TRELLIS_QUOTA, TRELLIS_INVALID, TRELLIS_TOO_LARGE, TRELLIS_UNAVAILABLE.
   * Deliveries to receivers of this shard, the caller's own included, may be made before it returns.
   * The connection must be authenticated.
   * [shard, running] */
  void (*publish)(trellis_connection *connection, const trellis_publication *messages, trellis_status *results,
                  uint32_t count);
  /* Publishes in the broker's own name (life-cycle events, delayed wills, timers): no authorizer is asked.
   * publisher and publisher_identity name whom the messages come from; both may be empty.
   * [shard, running] */
  void (*publish_as)(trellis_shard *shard, trellis_view name_space, trellis_view publisher,
                     trellis_view publisher_identity, const trellis_publication *messages, trellis_status *results,
                     uint32_t count);
  /* Asks the authorizers whether the connection's identity may publish to topic: for a will before it is due. name is
   * that of the subscriber the connection is going to have; empty: of the one it has.
   * [shard, running] */
  trellis_status (*may_publish)(trellis_connection *connection, trellis_view name, trellis_view topic);
} trellis_host_publish;

#ifdef __cplusplus
}
#endif
#endif

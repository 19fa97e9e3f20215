/* Subscribers: filters, a queue with leases, and a way out. An MQTT session, a pull subscription and a push
 * subscription are all one. */
#ifndef TRELLIS_ABI_SUBSCRIBER_H
#define TRELLIS_ABI_SUBSCRIBER_H

#include <trellis/abi/base.h>
#include <trellis/abi/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What happens when a queue is full. */
enum {
  TRELLIS_OVERFLOW_TERMINATE = 1,   /* the subscriber ends: on_ended with TRELLIS_ENDED_OVERFLOW */
  TRELLIS_OVERFLOW_DROP_OLDEST = 2, /* the oldest message not leased makes room */
  TRELLIS_OVERFLOW_DROP_NEWEST = 3, /* the arriving message is dropped */
  TRELLIS_OVERFLOW_REJECT = 4       /* the publisher is refused with TRELLIS_QUOTA; nobody gets the message */
};

typedef struct trellis_queue_limits {
  uint32_t struct_size;
  uint32_t overflow;           /* TRELLIS_OVERFLOW_… */
  uint64_t messages;           /* waiting, leased ones apart; 0 is none: nothing is queued */
  uint64_t bytes;              /* topics and payloads of those */
  uint32_t maximum_deliveries; /* then the message is dead-lettered or dropped; 0 is no limit. Counted beyond the
                                  process where the subscriber outlives it */
  uint32_t queue_qos0;         /* 1: QoS 0 messages are queued while nobody is attached; 0: dropped and counted */
} trellis_queue_limits;

/* One message for one receiver. */
typedef struct trellis_delivery {
  const trellis_message *message; /* null only with TRELLIS_DELIVERY_RECEIVED: the receiver already has it */
  uint64_t lease;                 /* for settle(); 0 when there is nothing to settle (QoS 0) */
  const uint32_t *identifiers;    /* subscription identifiers of all matching subscriptions */
  uint32_t identifier_count;
  uint32_t flags;    /* TRELLIS_DELIVERY_… */
  uint64_t tag;      /* what set_tag() kept with the message, 0 at first */
  uint32_t qos;      /* already lowered to what the subscription grants */
  uint32_t attempts; /* how often it was delivered before, as far as whoever has it delivered counts */
} trellis_delivery;
enum {
  TRELLIS_DELIVERY_RETAIN = 1u << 0,      /* set the retain flag towards the receiver */
  TRELLIS_DELIVERY_REDELIVERED = 1u << 1, /* was leased before */
  TRELLIS_DELIVERY_RECEIVED = 1u << 2     /* the receiver confirmed receipt before; only the completion is missing */
};

/* How a lease ends. */
enum {
  TRELLIS_SETTLE_ACCEPT = 1,   /* done */
  TRELLIS_SETTLE_RELEASE = 2,  /* back into the queue at its old place, available at once */
  TRELLIS_SETTLE_REJECT = 3,   /* the receiver never wants it: dead-letter or drop, counted */
  TRELLIS_SETTLE_RECEIVED = 4, /* the message may be forgotten, the lease stays until ACCEPT (exactly-once hand-over) */
  TRELLIS_SETTLE_DISCARD = 5,  /* cannot be sent to this receiver (too large for it): dropped, counted */
  /* For owners that judge by themselves; each is counted as what it says, and nothing becomes a dead letter. */
  TRELLIS_SETTLE_EXPIRED = 6,      /* too old */
  TRELLIS_SETTLE_EXHAUSTED = 7,    /* delivered as often as may be */
  TRELLIS_SETTLE_DEAD_LETTERED = 8 /* kept elsewhere, as a dead letter */
};

enum {
  TRELLIS_ENDED_EXPIRED = 1,  /* nobody attached within expiry */
  TRELLIS_ENDED_OVERFLOW = 2, /* queue full with TRELLIS_OVERFLOW_TERMINATE */
  TRELLIS_ENDED_REMOVED = 3,  /* by an operator */
  TRELLIS_ENDED_SHUTDOWN = 4  /* the broker stops and the subscriber does not outlive it */
};

/* What a subscriber's owner is told. Functions must not close the subscriber they are called for, except
 * on_deliver, nor open others. */
typedef struct trellis_receiver {
  uint32_t struct_size;
  /* Deliveries in order. Leased ones must be settled some time; the number of unsettled leases never exceeds the
   * window, but for completions (TRELLIS_DELIVERY_RECEIVED), which wait for nothing. Only called while attached.
   * [shard, running] */
  void (*on_deliver)(void *shard, void *user, const trellis_delivery *deliveries, uint32_t count);
  /* Another open() of the same name took the subscriber over; user is no longer its owner when this returns.
   * discarded: the state is thrown away (TRELLIS_SUBSCRIBER_FRESH), else the new owner resumes it, unless this answers
   * false: what ends with its connection is thrown away too. set_memo() may still be called from here.
   * [shard] */
  bool (*on_taken)(void *shard, void *user, bool discarded);
  /* The subscriber ended by itself and is gone when this returns; reason is TRELLIS_ENDED_….
   * [shard] */
  void (*on_ended)(void *shard, void *user, uint32_t reason);
  /* Null for most. Otherwise nothing is delivered: messages wait until lease() of TRELLIS_HOST_QUEUE takes them, and
   * this says, once after lease() answered less than it was asked for, that there may be more. Such a subscriber is
   * attached to no connection.
   * [shard, running] */
  void (*on_ready)(void *shard, void *user);
} trellis_receiver;

enum {
  TRELLIS_SUBSCRIBER_FRESH = 1u << 0, /* throw away an existing subscriber of that name first */
  TRELLIS_SUBSCRIBER_OWN = 1u << 1 /* of the broker itself, for no connection: its name begins with U+0001, so that it
                                      is nobody's who chooses a name */
};
typedef struct trellis_subscriber_options {
  uint32_t struct_size;
  uint32_t flags;      /* TRELLIS_SUBSCRIBER_… */
  uint32_t name_space; /* index of the namespace table */
  uint32_t window;     /* most unsettled leases; 0 is 65,535 */
  trellis_view name;   /* unique per namespace: the client id */
  trellis_queue_limits limits;
  void *receiver_shard;           /* passed to the receiver's functions as `shard` */
  trellis_connection *connection; /* whom it is for; null is nobody with an identity */
  uint64_t window_bytes;          /* most bytes of unsettled leases, though one may always be out; 0 is no limit */
  uint64_t subscribers;           /* most of the namespace; a new one above is TRELLIS_QUOTA; 0 is no limit */
  uint64_t subscribers_of_name;   /* most of the name the connection's client is authenticated under; likewise */
  /* Who gets it back after a restart, by TRELLIS_RESTORER; null: it does not outlive the process. What is subscribed,
   * queued and marked is kept then as the namespace says, and answers wait for that. */
  trellis_host *owner;
  uint64_t expiry_ms; /* with an owner: what detach() would say if the process ended while somebody is attached */
} trellis_subscriber_options;

/* A subscriber that outlived the process. */
typedef struct trellis_kept_subscriber {
  uint32_t struct_size;
  uint32_t name_space;
  trellis_view name;
  trellis_view memo;     /* as set_memo() left it */
  const uint32_t *marks; /* of messages published with one, and not unmarked since */
  uint32_t mark_count;
  uint32_t reserved;
  uint64_t away_ms; /* for how long nobody has been attached; where somebody was when the process ended, 0 */
} trellis_kept_subscriber;

/* Owners of subscribers that outlive the process. */
#define TRELLIS_RESTORER "trellis.restorer/1"
typedef struct trellis_restorer {
  uint32_t struct_size;
  /* Gives back a subscriber this instance opened before the process was started, before clients come. Nobody is
   * attached, and what is left of its expiry runs. The views live for the call. Whoever takes it answers TRELLIS_OK
   * and says who is to be told; anything else leaves it in the store, where it does nothing.
   * [shard, running] */
  trellis_status (*restore)(void *shard, trellis_subscriber *subscriber, const trellis_kept_subscriber *kept,
                            const trellis_receiver **receiver, void **user);
} trellis_restorer;

enum {
  TRELLIS_SUBSCRIBE_NO_LOCAL = 1u << 0,            /* not what the subscriber's own connection publishes */
  TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED = 1u << 1, /* keep the retain flag of live messages */
  TRELLIS_SUBSCRIBE_RETAINED = 1u << 2,            /* send retained messages now */
  TRELLIS_SUBSCRIBE_RETAINED_IF_NEW = 1u << 3      /* … only if the subscription did not exist */
};
/* What a new subscription is measured against; 0 is no limit. */
typedef struct trellis_subscription_limits {
  uint32_t struct_size;
  uint32_t shared;              /* shared subscriptions of one subscriber */
  uint32_t groups;              /* names of groups in the namespace */
  uint32_t group_subscriptions; /* subscriptions under one such name, whoever's and to whatever */
  uint64_t subscriptions;       /* all of the namespace */
} trellis_subscription_limits;
typedef struct trellis_subscription {
  uint32_t struct_size;
  uint32_t flags;                            /* TRELLIS_SUBSCRIBE_… */
  trellis_view filter;                       /* topic filter without share prefix */
  trellis_view group;                        /* name of the shared subscription, empty for none */
  uint32_t qos;                              /* most that is delivered */
  uint32_t identifier;                       /* reported with each delivery; 0 for none */
  const trellis_subscription_limits *limits; /* a new one beyond them is TRELLIS_QUOTA; null: none */
} trellis_subscription;

/* Figures of one subscriber. */
typedef struct trellis_subscriber_stats {
  uint32_t struct_size;
  uint32_t subscriptions;
  uint64_t queued; /* messages waiting or leased */
  uint64_t queued_bytes;
  uint32_t leased;
  uint32_t window;
  uint32_t kept;      /* 1: it outlives the process */
  uint32_t replaying; /* 1: not all retained messages of its subscriptions are in its queue yet */
} trellis_subscriber_stats;

/* All functions: [shard, running] on the shard that opened the subscriber. */
#define TRELLIS_HOST_SUBSCRIBER "trellis.host.subscriber/1"
typedef struct trellis_host_subscriber {
  uint32_t struct_size;
  /* The shard where subscribers of that name in the connection's namespace live; a connection that wants one moves
   * there first. A name nobody has is at home where the connection is. It stays there for as long as there is such a
   * subscriber, or a connection that asked and neither closed nor asked for another name since.
   * [shard, running] the connection's */
  uint32_t (*home)(trellis_connection *connection, trellis_view name);
  /* Makes a subscriber (TRELLIS_OK) or takes an existing one over (TRELLIS_EXISTED; its owner got on_taken). Must be
   * called on its home shard; the broker's own are at home where they are opened first. receiver lives as long as the
   * plugin. TRELLIS_QUOTA: too many subscribers. TRELLIS_NOT_AUTHORIZED: it belongs to another identity than the
   * connection's. TRELLIS_INVALID: a name that begins with U+0001 without TRELLIS_SUBSCRIBER_OWN, or the other way. */
  trellis_status (*open)(trellis_shard *shard, const trellis_subscriber_options *options,
                         const trellis_receiver *receiver, void *user, trellis_subscriber **subscriber);
  /* Ends it: subscriptions removed, queued messages counted as dropped, shared ones handed on. */
  void (*close)(trellis_subscriber *subscriber);
  /* Starts deliveries to a connection. Leases of an earlier connection are delivered again first, in order, with
   * REDELIVERED, or RECEIVED where receipt was confirmed; with their tags. Deliveries begin after this returned.
   * connection is null where messages are taken by lease(). The one it has: its window changes, and a hold() ends. */
  void (*attach)(trellis_subscriber *subscriber, trellis_connection *connection, uint32_t window);
  /* Ends deliveries; leases fall back. After expiry_ms without attach the subscriber ends (on_ended EXPIRED);
   * UINT64_MAX is never. */
  void (*detach)(trellis_subscriber *subscriber, uint64_t expiry_ms);
  /* TRELLIS_OK new, TRELLIS_EXISTED replaced, TRELLIS_NOT_AUTHORIZED, TRELLIS_INVALID, TRELLIS_QUOTA. Retained
   * messages follow after this returned. Needs an attached connection, whose identity is asked about; a
   * queue that lease() takes from needs none, and nobody is asked. */
  trellis_status (*subscribe)(trellis_subscriber *subscriber, const trellis_subscription *subscription);
  /* TRELLIS_OK, or TRELLIS_NO_MATCH when there was none. */
  trellis_status (*unsubscribe)(trellis_subscriber *subscriber, trellis_view filter, trellis_view group);
  /* Ends a lease (TRELLIS_SETTLE_…). TRELLIS_NO_MATCH for a lease that is not out. */
  trellis_status (*settle)(trellis_subscriber *subscriber, uint64_t lease, uint32_t outcome);
  /* Keeps a number with a lease, and with its message when the lease falls back: for example the packet id it was sent
   * under. Where the subscriber outlives the process and its messages are taken by lease(), so does the number. */
  void (*set_tag)(trellis_subscriber *subscriber, uint64_t lease, uint64_t tag);
  /* Counts a QoS 0 delivery that could not be sent (too large for the receiver). */
  void (*discarded)(trellis_subscriber *subscriber, uint32_t count);
  /* Bytes the owner wants kept with the subscriber beyond its own life: read by the next owner, also after a restart
   * where the subscriber outlives the process. */
  void (*set_memo)(trellis_subscriber *subscriber, trellis_view memo);
  trellis_view (*memo)(const trellis_subscriber *subscriber);
  void (*stats)(const trellis_subscriber *subscriber, trellis_subscriber_stats *stats);
  /* Delivers nothing for that long, or a little longer; what arrives meanwhile waits in the queue. May be called from
   * on_deliver. attach() and detach() end it. */
  void (*hold)(trellis_subscriber *subscriber, uint64_t delay_ms);
  /* Forgets a mark; see trellis_publication. */
  void (*unmark)(trellis_subscriber *subscriber, uint32_t mark);
} trellis_host_subscriber;

#ifdef __cplusplus
}
#endif
#endif

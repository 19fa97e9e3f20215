/* Who is connecting and what they may do: authenticators and authorizers. */
#ifndef TRELLIS_ABI_IDENTITY_H
#define TRELLIS_ABI_IDENTITY_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a client showed to prove who it is. Everything is borrowed for the call; copy what is needed later. */
typedef struct trellis_credentials {
  uint32_t struct_size;
  uint32_t flags; /* TRELLIS_CREDENTIALS_… */
  trellis_view name_space;
  trellis_view listener;
  trellis_view protocol; /* as the protocol plugin calls itself on the wire: "mqtt5", "mqtt3", "http" */
  trellis_view peer;     /* numeric address:port, or the path of a Unix socket */
  trellis_view client_id;
  trellis_view username;
  trellis_view password;              /* bytes */
  trellis_view authentication_method; /* named step by step exchange, for example "SCRAM-SHA-256" */
  trellis_view authentication_data;   /* bytes of this step */
  const trellis_view *certificates;   /* DER, leaf first, as sent by the peer; none without TLS */
  uint32_t certificate_count;
  uint32_t user_property_count;
  const trellis_pair *user_properties; /* sent with the credentials */
} trellis_credentials;
enum {
  TRELLIS_CREDENTIALS_HAS_USERNAME = 1u << 0,
  TRELLIS_CREDENTIALS_HAS_PASSWORD = 1u << 1,
  TRELLIS_CREDENTIALS_HAS_METHOD = 1u << 2,
  TRELLIS_CREDENTIALS_CONTINUES = 1u << 3,       /* a further step of the exchange this authenticator challenged */
  TRELLIS_CREDENTIALS_REAUTHENTICATES = 1u << 4, /* an allowed client proves itself again */
  TRELLIS_CREDENTIALS_CERTIFICATE_VERIFIED = 1u << 5,
  TRELLIS_CREDENTIALS_LOOPBACK = 1u << 6 /* the peer is on this machine */
};

enum {
  TRELLIS_AUTH_UNSET = 0,
  TRELLIS_AUTH_ALLOW = 1,
  TRELLIS_AUTH_DENY = 2,      /* final: the next authenticator is not asked */
  TRELLIS_AUTH_DEFER = 3,     /* not mine: ask the next; nobody left means deny */
  TRELLIS_AUTH_CHALLENGE = 4, /* send data to the client and wait for its next step */
  TRELLIS_AUTH_PENDING = 5    /* the answer comes later through complete() */
};

/* An authenticator's answer. Views are copied by the kernel before the call that passes the answer returns. */
typedef struct trellis_auth_answer {
  uint32_t struct_size;
  uint32_t verdict;               /* TRELLIS_AUTH_… */
  trellis_status status;          /* for DENY: TRELLIS_NOT_AUTHORIZED, TRELLIS_BAD_CREDENTIALS, TRELLIS_BAD_METHOD,
                                     TRELLIS_UNAVAILABLE, TRELLIS_QUOTA */
  trellis_view reason;            /* for DENY: text for the log and, where the protocol can carry it, for the client */
  trellis_view name;              /* for ALLOW: the authenticated name; empty means anonymous */
  trellis_view data;              /* for CHALLENGE and ALLOW: bytes for the client */
  const trellis_pair *attributes; /* for ALLOW; values are JSON: "press" in quotes, 5, ["a","b"] */
  uint32_t attribute_count;
  int64_t expires_at_ms; /* for ALLOW: Unix time at which the right to be connected ends; 0 is never */
  uint32_t flags;        /* for ALLOW: TRELLIS_IDENTITY_… */
} trellis_auth_answer;

/* Bits of an identity's flags. */
enum {
  /* Its attributes are those it came with, even where it came with none. Otherwise whoever wants more of it may look
     for a registered client of its name. */
  TRELLIS_IDENTITY_OWN_ATTRIBUTES = 1u << 0,
  /* It was proved by a token, or by an answer that ends as one: where a protocol tells a client why its right to be
     connected ended, it says that the token expired. */
  TRELLIS_IDENTITY_TOKEN = 1u << 1,
  /* A protocol gives it no session beside another one of its name, connected or not, whatever the limits allow. */
  TRELLIS_IDENTITY_ONE_SESSION = 1u << 2
};

/* Attribute of whoever is authorized by role assignments instead of groups: a list of what it may be named there. */
#define TRELLIS_ATTRIBUTE_PRINCIPALS "trellis:principals"

/* An authenticated client. Immutable; borrowed for the call. */
typedef struct trellis_identity {
  uint32_t struct_size;
  uint32_t attribute_count;
  trellis_view name;              /* empty when anonymous */
  trellis_view authenticator;     /* name of the plugin instance that allowed it */
  const trellis_pair *attributes; /* values are JSON */
  int64_t expires_at_ms;          /* 0 is never */
  uint64_t id;                    /* of this very proof; never 0, never used again while the process lives */
  uint32_t flags;                 /* TRELLIS_IDENTITY_… */
} trellis_identity;

#define TRELLIS_AUTHENTICATOR "trellis.authenticator/1"
typedef struct trellis_authenticator {
  uint32_t struct_size;
  /* Judges credentials and writes *answer, whose verdict is TRELLIS_AUTH_UNSET on entry; left so, it denies and the
   * plugin is reported. With TRELLIS_AUTH_PENDING keep token and answer once through the host's complete() before
   * the deadline of the chain, after which the kernel denies with TRELLIS_UNAVAILABLE.
   * Views written to *answer must stay valid until the function returned and the next call into the plugin.
   * [shard, running] must not block */
  void (*authenticate)(void *shard, const trellis_credentials *credentials, trellis_token token,
                       trellis_auth_answer *answer);
  /* The client went away, or the exchange ended, before the last answer or step came: forget token. Null: not needed.
   * [shard, running] */
  void (*on_abandoned)(void *shard, trellis_token token);
} trellis_authenticator;

/* How much one client may do; 0 is no limit of that kind. */
typedef struct trellis_client_limits {
  uint32_t struct_size;
  uint32_t sessions;         /* under one authenticated name, connected or not */
  uint32_t subscriptions;    /* of one session */
  uint32_t session_expiry_s; /* longest life of a session without connection, instead of the protocol's own setting */
  uint64_t publishes_per_s;  /* under one authenticated name, of all its connections; without a name of one */
  uint64_t bytes_per_s;      /* the same, published */
} trellis_client_limits;

#define TRELLIS_HOST_IDENTITY "trellis.host.identity/1"
typedef struct trellis_host_identity {
  uint32_t struct_size;
  /* Answers a pending question. False when the token is no longer waited for; that is counted, not an error.
   * [any] */
  bool (*complete)(trellis_host *host, trellis_token token, const trellis_auth_answer *answer);
  /* For protocols: asks the namespace's authenticator chain about a connection. The answer comes through
   * on_authenticated, possibly before this returns. One question at a time per connection.
   * name_space, listener, peer, certificates and LOOPBACK are filled in by the kernel.
   * [shard, running] */
  void (*authenticate)(trellis_connection *connection, const trellis_credentials *credentials);
  /* The identity of an authenticated connection, else null. Lives as long as the connection keeps it.
   * [shard, running] */
  const trellis_identity *(*of)(const trellis_connection *connection);
  /* Takes back what was allowed: connected clients of these names, whatever the case of ASCII letters, are cut off;
   * the protocol tells them that they are not authorized. An authenticator reaches those that it allowed itself, other
   * plugins all. The names are copied.
   * [any, running] */
  void (*revoke)(trellis_host *host, trellis_view name_space, const trellis_view *names, uint32_t count);
  /* For protocols: whether the namespace's authorizers let the authenticated client of this connection in under that
   * client id, and how much it may do: the strictest of what they say. TRELLIS_OK, or why not, with a sentence in
   * *error.
   * [shard, running] */
  trellis_status (*admit)(trellis_connection *connection, trellis_view client_id, trellis_client_limits *limits,
                          trellis_error *error);
} trellis_host_identity;

enum {
  TRELLIS_ACTION_PUBLISH = 1,   /* topic is a topic name */
  TRELLIS_ACTION_SUBSCRIBE = 2, /* topic is a topic filter without share prefix */
  TRELLIS_ACTION_RECEIVE = 3    /* topic is the name of a message about to be delivered */
};
enum {
  TRELLIS_ACCESS_UNSET = 0, /* denies, and the plugin is reported */
  TRELLIS_ACCESS_ALLOW = 1,
  TRELLIS_ACCESS_DENY = 2,
  TRELLIS_ACCESS_DEFER = 3 /* not mine: ask the next; nobody left means deny */
};

/* One question: may identity, connected as client_id, do action on topic? */
typedef struct trellis_access {
  uint32_t struct_size;
  uint32_t action;                  /* TRELLIS_ACTION_… */
  const trellis_identity *identity; /* never null */
  trellis_view client_id;
  trellis_view topic;
  trellis_view name_space;
} trellis_access;

/* A step of an explanation; views live for the call. */
typedef void (*trellis_step_fn)(void *user, trellis_view what, trellis_view found);

/* Bits of trellis_authorizer.flags. */
enum {
  TRELLIS_AUTHORIZER_JUDGES_RECEIVE = 1u << 0, /* ask about TRELLIS_ACTION_RECEIVE too */
  TRELLIS_AUTHORIZER_ALLOWS_ALL = 1u << 1      /* always answers ALLOW: need not be asked */
};

#define TRELLIS_AUTHORIZER "trellis.authorizer/1"
typedef struct trellis_authorizer {
  uint32_t struct_size;
  uint32_t flags; /* TRELLIS_AUTHORIZER_… */
  /* Answers `count` questions into `answers`, all TRELLIS_ACCESS_UNSET on entry. Must not wait or allocate per
   * question. Answers may be remembered per identity, client id and topic until the instance is replaced or calls
   * the host's forget_decisions().
   * [shard, running] */
  void (*authorize)(void *shard, const trellis_access *questions, uint32_t *answers, uint32_t count);
  /* Whether a client that proved who it is may be connected, asked once when it connects (action and topic are unset),
   * and how much it may do: a limit is written into *limits, all 0 on entry. TRELLIS_OK, TRELLIS_NOT_AUTHORIZED or
   * TRELLIS_QUOTA, with a sentence in *error. Null: everybody may, without limits.
   * [shard, running] */
  trellis_status (*admit)(void *shard, const trellis_access *client, trellis_client_limits *limits,
                          trellis_error *error);
  /* Why authorize() answers a question as it does: calls sink with each step, in order, before it returns: what was
   * looked at, and what was found. Null: it cannot tell.
   * [shard, running] may allocate */
  void (*explain)(void *shard, const trellis_access *question, void *user, trellis_step_fn sink);
} trellis_authorizer;

/* The answer to explain(); views live for the call. */
typedef void (*trellis_explained_fn)(void *user, bool allowed, const trellis_pair *steps, uint32_t count);

#define TRELLIS_HOST_AUTHORIZER "trellis.host.authorizer/1"
typedef struct trellis_host_authorizer {
  uint32_t struct_size;
  /* Earlier answers no longer hold, for example because a file of rules was read again: every shard forgets what
   * authorizers answered and asks anew from the next message on. Call it when new questions get the new answers; an
   * answer under way at that moment is forgotten too. Cheap, but what follows asks about every topic again. Every
   * subscription is asked about again soon: who lost the right to one loses it, with what waits by it alone, and its
   * connection. (Not where all authorizers of the namespace judge deliveries: nothing is delivered then that may not
   * be.) [any, running] */
  void (*forget_decisions)(trellis_host *host);
  /* The same where only what was answered about some clients of a namespace no longer holds, by the names they were
   * authenticated under, whatever the case of ASCII letters, which are copied: others are not asked about again.
   * [any, running] */
  void (*forget_decisions_of)(trellis_host *host, trellis_view name_space, const trellis_view *names, uint32_t count);
  /* Whether a client may do action on topic, and why: the steps of all authorizers asked, each with what was looked at
   * and what was found. client: a client id with a session; or else the name of somebody who is not connected, who is
   * then judged without attributes of its own. done is called once, on this shard, never within the call, unless the
   * broker stops before.
   * [shard, running] what is passed is copied */
  void (*explain)(trellis_host *host, trellis_shard *shard, trellis_view name_space, trellis_view client,
                  uint32_t action, trellis_view topic, void *user, trellis_explained_fn done);
} trellis_host_authorizer;

#ifdef __cplusplus
}
#endif
#endif

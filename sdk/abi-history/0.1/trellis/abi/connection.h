/* Connections and the two plugin kinds that speak on them: layers (bytes <-> bytes) and protocols. Both are
 * sans-I/O: the kernel owns sockets, timers and threads. */
#ifndef TRELLIS_ABI_CONNECTION_H
#define TRELLIS_ABI_CONNECTION_H

#include <trellis/abi/base.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>
#include <trellis/abi/service.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Facts about a connection; views live until the next call into the connection table. */
typedef struct trellis_connection_info {
  uint32_t struct_size;
  uint32_t flags;        /* TRELLIS_CONNECTION_… */
  uint32_t name_space;   /* index of the namespace table */
  uint64_t id;           /* unique while the process lives, for logs */
  trellis_view listener; /* its configured name */
  trellis_view peer;     /* numeric address:port */
  trellis_view host;     /* TRELLIS_CONNECTION_DIALLED: the name that was dialled, which the peer has to prove */
  uint32_t port;         /* and the port */
  trellis_view alpn;     /* and what a layer that encrypts is to offer, as trellis_dial_target has it */
} trellis_connection_info;
enum {
  TRELLIS_CONNECTION_LOOPBACK = 1u << 0,
  TRELLIS_CONNECTION_SECURE = 1u << 1, /* a layer encrypts */
  TRELLIS_CONNECTION_MOVED = 1u << 2,  /* came from another shard by move(); the bytes are replayed */
  TRELLIS_CONNECTION_DIALLED = 1u << 3 /* made from here: layers play the client */
};

/* Why a connection ends or ended. */
enum {
  TRELLIS_CLOSE_PEER = 1,     /* the peer closed */
  TRELLIS_CLOSE_PROTOCOL = 2, /* the protocol plugin called close() */
  TRELLIS_CLOSE_OVERFLOW = 3, /* too much input of a client not known yet, while memory is short */
  TRELLIS_CLOSE_SHUTDOWN = 4, /* the broker stops */
  TRELLIS_CLOSE_LAYER = 5,    /* a layer gave up (bad handshake) */
  TRELLIS_CLOSE_MOVED = 6,    /* continues on another shard */
  TRELLIS_CLOSE_EXPIRED = 7,  /* the identity's right to be connected ended */
  TRELLIS_CLOSE_REMOVED = 8,  /* its listener was removed from the configuration; the broker goes on */
  TRELLIS_CLOSE_BROKEN = 9,   /* the peer or the network broke it off: what was under way either way may be lost */
  TRELLIS_CLOSE_UNKEPT = 10,  /* what it was about to be told could not be kept by the store: it is not told */
  TRELLIS_CLOSE_RIGHTS = 11,  /* what it had subscribed to may not be read by it any more */
  TRELLIS_CLOSE_ADDRESS = 12  /* its address may not connect any more */
};

/* All functions: [shard, running] on the connection's shard. */
#define TRELLIS_HOST_CONNECTION "trellis.host.connection/1"
typedef struct trellis_host_connection {
  uint32_t struct_size;
  void (*info)(const trellis_connection *connection, trellis_connection_info *info);
  /* Contiguous room for at least `size` bytes at the end of the output; write there and commit() how many. Never
   * null. Only one reservation at a time; any other call on the connection ends it. */
  uint8_t *(*reserve)(trellis_connection *connection, size_t size);
  void (*commit)(trellis_connection *connection, size_t size);
  /* Appends a copy. Everything appended in one loop turn leaves in as few writes as the socket takes. */
  void (*write)(trellis_connection *connection, const void *data, size_t size);
  /* Appends bytes that lie inside a message (its payload) without copying them; the kernel keeps the message until
   * they left. Worth it from about 2 KiB. */
  void (*write_message)(trellis_connection *connection, const trellis_message *message, trellis_view part);
  /* Bytes not yet taken by the socket. */
  size_t (*unsent)(const trellis_connection *connection);
  /* Sends what was written, bounded by the listener's close deadline, then closes; on_close follows after this
   * returned. No further on_bytes. */
  void (*close)(trellis_connection *connection);
  /* Calls on_timer once, delay_ms from now or a little later (16 ms precision); 0 cancels. One per connection. */
  void (*set_timer)(trellis_connection *connection, uint64_t delay_ms);
  /* Milliseconds since the last bytes arrived. */
  uint64_t (*idle_ms)(const trellis_connection *connection);
  /* Continues the connection on another shard: on_close(MOVED) here, then on_open there and all bytes of the current
   * on_bytes call from its first on. Only from on_bytes, before anything was written; return 0 consumed after it. */
  void (*move)(trellis_connection *connection, uint32_t shard_index);
  /* Stops or goes on reading, for a protocol's own flow control. */
  void (*pause)(trellis_connection *connection, bool paused);
  /* What the layers know about the connection (TRELLIS_FACT_…), the uppermost that knows; size 0: nothing. The view
   * lives until the next call on the connection. */
  trellis_view (*fact)(const trellis_connection *connection, trellis_view name);

  /* Hands the connection on to whatever else its listener serves that begins with these bytes, which are copied. False:
   * nothing else there does. All bytes given so far have to be consumed, or are when on_bytes returns, and no request
   * may be under way. What was written leaves first; no on_bytes follows, but on_close(MOVED). */
  bool (*restart)(trellis_connection *connection, const void *data, size_t size);
} trellis_host_connection;

/* Whether bytes may be the beginning of what a layer or protocol speaks. */
enum {
  TRELLIS_RECOGNISED_NO = 1,
  TRELLIS_RECOGNISED_YES = 2,
  TRELLIS_RECOGNISED_MORE = 3 /* cannot be told yet; asked again with more of them */
};

#define TRELLIS_PROTOCOL "trellis.protocol/1"
typedef struct trellis_protocol {
  uint32_t struct_size;
  /* A connection arrived. Answers the state to be passed as `user`; null refuses and closes without on_close.
   * [shard, running] */
  void *(*on_open)(void *shard, trellis_connection *connection);
  /* Bytes arrived. Answers how many were consumed; the rest comes again with what follows. *wanted: how many bytes
   * must be there, counted from the first unconsumed one, before another call makes sense (0: any more).
   * Never called while an authentication is pending. data lives for the call.
   * [shard, running] */
  size_t (*on_bytes)(void *shard, void *user, const uint8_t *data, size_t size, size_t *wanted);
  /* The answer to authenticate(): TRELLIS_AUTH_ALLOW, DENY or CHALLENGE. Null: never authenticates.
   * [shard, running] */
  void (*on_authenticated)(void *shard, void *user, const trellis_auth_answer *answer);
  /* The time set by set_timer() is up. Null: sets none.
   * [shard, running] */
  void (*on_timer)(void *shard, void *user);
  /* The broker stops, or the listener was removed: say goodbye and close(); on_close tells which of the two it was.
   * Null: the kernel closes.
   * [shard, draining] */
  void (*on_drain)(void *shard, void *user);
  /* The connection is gone: reason is TRELLIS_CLOSE_…; detach subscribers and free `user`. The handle is void when
   * this returns.
   * [shard] */
  void (*on_close)(void *shard, void *user, uint32_t reason);
  /* A service answered a request dispatched with request_user. Null: dispatches none.
   * [shard, running] */
  void (*on_response)(void *shard, void *user, void *request_user, const trellis_response *response);
  /* Where a listener serves several protocols: whether a connection that begins with these bytes speaks this one;
   * TRELLIS_RECOGNISED_…. Never called with no bytes. Null: takes whatever those before it in the listener's list did
   * not. Who recognises clients lets them speak first: over TCP the connection arrives with the first bytes, or after
   * a second without any.
   * [shard, running] */
  uint32_t (*recognise)(void *shard, const uint8_t *data, size_t size);
  /* The client's right to be connected, or to what it subscribed to, was taken back: tell it and close(). Null: the
   * kernel closes.
   * [shard, running] */
  void (*on_revoked)(void *shard, void *user);
} trellis_protocol;

/* What a layer may do with its two ends. [shard, running] */
typedef struct trellis_layer_io {
  uint32_t struct_size;
  /* Hands plain bytes up: towards the protocol. */
  void (*up)(trellis_connection *connection, const void *data, size_t size);
  /* Hands encoded bytes down: towards the socket. */
  void (*down)(trellis_connection *connection, const void *data, size_t size);
  /* On a dialled connection: this layer has agreed with its peer and takes output from now on. The protocol's on_open
   * waits for the uppermost one's, and may come within the call. No effect on accepted connections. */
  void (*ready)(trellis_connection *connection);
} trellis_layer_io;

/* What a layer may know about a connection. Names without a value here belong to who invented them. */
#define TRELLIS_FACT_HOST "host"               /* the name the client used for this broker, without a port */
#define TRELLIS_FACT_PEER "peer"               /* numeric address:port of the client, where a proxy stands between */
#define TRELLIS_FACT_TLS_VERSION "tls.version" /* "TLSv1.3" */
#define TRELLIS_FACT_TLS_CIPHER "tls.cipher"   /* the standard's name */
#define TRELLIS_FACT_TLS_ALPN "tls.alpn"       /* the protocol name both sides agreed on */
#define TRELLIS_FACT_ERROR "error"             /* why the layer gave up, for people */
#define TRELLIS_FACT_ENDED "ended"             /* "yes": the peer said through the layer that nothing more comes */
#define TRELLIS_FACT_CLIENT_LOST "tls.client.lost" /* "yes": the client's certificate does not hold any more */
#define TRELLIS_FACT_CLIENT_NAME \
  "tls.client.name" /* the common name of the client's certificate, where a proxy tells it */
#define TRELLIS_FACT_CLIENT_CHAIN "tls.client.chain" /* the client's certificates in DER, its own first, end to end */
#define TRELLIS_FACT_CLIENT_VERIFIED                                               \
  "tls.client.verified" /* "yes": the chain leads to a CA the layer trusts, and no \
                           certificate of it is revoked or expired */

#define TRELLIS_LAYER "trellis.layer/1"
typedef struct trellis_layer {
  uint32_t struct_size;
  uint32_t flags; /* TRELLIS_LAYER_… */
  /* A connection with this layer arrived; answers the layer's state, null refuses. io lives as long.
   * [shard, running] */
  void *(*on_open)(void *shard, trellis_connection *connection, const trellis_layer_io *io);
  /* All bytes are consumed: keep what is incomplete. False gives up: the connection closes after flushing.
   * [shard, running] */
  bool (*on_input)(void *shard, void *user, const void *data, size_t size);
  bool (*on_output)(void *shard, void *user, const void *data, size_t size);
  /* The connection closes in order: a last chance to send a farewell. Null: none.
   * [shard] */
  void (*on_shutdown)(void *shard, void *user);
  /* Free `user`.
   * [shard] */
  void (*on_close)(void *shard, void *user);
  /* The connection continues on another shard: `shard` is the state there, `connection` its new handle, and whatever
   * `user` remembers of the old ones is void. Never called from within on_input or on_output. Null: nothing to do.
   * [shard, running] the new one */
  void (*on_move)(void *shard, void *user, trellis_connection *connection);
  /* Whether a connection that begins with these bytes has this layer, where a listener serves others too:
   * TRELLIS_RECOGNISED_…. Never called with no bytes. Null: all have it.
   * [shard, running] */
  uint32_t (*recognise)(void *shard, const uint8_t *data, size_t size);
  /* What the layer knows about the connection, TRELLIS_FACT_… or a name of its own; size 0: nothing. The view lives
   * until the next call into the layer. Null: it knows nothing.
   * [shard, running] */
  trellis_view (*fact)(void *shard, void *user, trellis_view name);
  /* Asked every two seconds or so: whether the connection may go on, false gives it up. For what changes by itself: a
   * certificate that expires or is revoked. Null: it may.
   * [shard, running] */
  bool (*on_look)(void *shard, void *user);
} trellis_layer;
enum {
  TRELLIS_LAYER_SECURE = 1u << 0,    /* what passes is encrypted */
  TRELLIS_LAYER_DIALS = 1u << 1,     /* can play the client on TRELLIS_CONNECTION_DIALLED ones, and calls ready() */
  TRELLIS_LAYER_DIALS_ONLY = 1u << 2 /* cannot serve clients, by its nature or as it is configured */
};

#ifdef __cplusplus
}
#endif
#endif

// What the structs of the contract consist of, for Encoder and Decoder alike. Whatever reads fills in struct_size.
#pragma once

#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>
#include <trellis/abi/service.h>
#include <trellis/abi/subscriber.h>

#include <trellis/isolation/wire.hpp>

namespace trellis::isolation {

template <typename Io>
constexpr bool kReads = std::is_same_v<Io, Decoder>;

template <typename Io, typename Struct>
void sized(Io&, Struct& s) {
  if constexpr (kReads<Io>) s.struct_size = sizeof s;
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_message>& m) {
  sized(io, m);
  io(m.flags), io(m.topic), io(m.payload), io(m.content_type), io(m.response_topic), io(m.correlation_data);
  io(m.user_properties, m.user_property_count);
  io(m.qos), io(m.expires_at_ms), io(m.published_at_ms), io(m.publisher), io(m.publisher_identity);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_publication>& m) {
  sized(io, m);
  io(m.flags), io(m.topic), io(m.payload), io(m.content_type), io(m.response_topic), io(m.correlation_data);
  io(m.user_properties, m.user_property_count);
  io(m.qos), io(m.expiry_s);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_identity>& i) {
  sized(io, i);
  io(i.name), io(i.authenticator), io(i.attributes, i.attribute_count), io(i.expires_at_ms), io(i.id), io(i.flags);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_credentials>& c) {
  sized(io, c);
  io(c.flags), io(c.name_space), io(c.listener), io(c.protocol), io(c.peer), io(c.client_id), io(c.username);
  io(c.password), io(c.authentication_method), io(c.authentication_data);
  io(c.certificates, c.certificate_count), io(c.user_properties, c.user_property_count);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_auth_answer>& a) {
  sized(io, a);
  io(a.verdict), io(a.status), io(a.reason), io(a.name), io(a.data), io(a.attributes, a.attribute_count);
  io(a.expires_at_ms), io(a.flags);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_client_limits>& l) {
  sized(io, l);
  io(l.sessions), io(l.subscriptions), io(l.session_expiry_s), io(l.publishes_per_s), io(l.bytes_per_s);
}

/// Without the identity, which is many questions' own.
template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_access>& a) {
  sized(io, a);
  io(a.action), io(a.client_id), io(a.topic), io(a.name_space);
}

/// Without what a request can do beyond its answer: exchanges stay in the process that has the connection.
template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_request>& r) {
  sized(io, r);
  io(r.method), io(r.path), io(r.query), io(r.headers, r.header_count), io(r.body), io(r.mount), io(r.peer);
  io(r.name_space), io(r.host), io(r.tls_version);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_response>& r) {
  sized(io, r);
  io(r.status), io(r.headers, r.header_count), io(r.body);
}

/// Without the message.
template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_delivery>& d) {
  io(d.lease), io(d.identifiers, d.identifier_count), io(d.flags), io(d.tag), io(d.qos), io(d.attempts);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<trellis_delivery_result>& r) {
  sized(io, r);
  io(r.outcome), io(r.retry_ms), io(r.cause), io(r.code), io(r.reason);
}

/// The least that one of them takes, of those that come in lists.
constexpr std::size_t kLeastMessage = 64;
constexpr std::size_t kLeastPublication = 32;
constexpr std::size_t kLeastAccess = 16;

}  // namespace trellis::isolation

// How the broker proves who it is to a peer: ANONYMOUS, PLAIN, EXTERNAL.
#pragma once

#include <proton/transport.h>

#include "target.hpp"

namespace amqp {

/// Has the transport authenticate so, and in no other way. The library's own choice, Cyrus SASL, would read files of
/// the system and load modules; these three need neither. identity: as long as the transport.
void use_identity(pn_transport_t* transport, const Identity& identity);

}  // namespace amqp

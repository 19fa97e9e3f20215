#include "sasl.hpp"

#include <proton/sasl.h>
#include <proton/sasl_plugin.h>

#include <string>
#include <string_view>

namespace amqp {
namespace {

struct Exchange {
  const Identity& identity;
  std::string first;  // what is sent with the choice of the mechanism
};

Exchange& exchange_of(pn_transport_t* transport) { return *static_cast<Exchange*>(pnx_sasl_get_context(transport)); }

bool offers(std::string_view all, std::string_view one) {
  while (!all.empty()) {
    const std::size_t end = std::min(all.find(' '), all.size());
    if (all.substr(0, end) == one) return true;
    all.remove_prefix(std::min(end + 1, all.size()));
  }
  return false;
}

void free_exchange(pn_transport_t* transport) { delete static_cast<Exchange*>(pnx_sasl_get_context(transport)); }

bool begin_client(pn_transport_t*) { return true; }
bool begin_server(pn_transport_t*) { return false; }
const char* no_mechanisms(pn_transport_t*) { return ""; }
void nothing(pn_transport_t*) {}
void no_init(pn_transport_t*, const char*, const pn_bytes_t*) {}
void no_bytes(pn_transport_t*, const pn_bytes_t*) {}

bool choose(pn_transport_t* transport, const char* offered) {
  Exchange& exchange = exchange_of(transport);
  const Identity& identity = exchange.identity;
  if (offered == nullptr || !offers(offered, identity.mechanism)) return false;
  if (identity.mechanism == "PLAIN") {
    exchange.first = std::string(1, '\0') + identity.username + std::string(1, '\0') + identity.password;
  } else if (identity.mechanism == "ANONYMOUS") {
    exchange.first = "trellis";
  }
  pnx_sasl_set_selected_mechanism(transport, identity.mechanism.c_str());
  pnx_sasl_set_bytes_out(transport, pn_bytes(exchange.first.size(), exchange.first.data()));
  pnx_sasl_set_desired_state(transport, SASL_POSTED_INIT);
  return true;
}

// None of the three has one; a peer that sends one gets an empty answer, and says what it thinks of it.
void answer_challenge(pn_transport_t* transport, const pn_bytes_t*) {
  pnx_sasl_set_bytes_out(transport, pn_bytes(0, nullptr));
  pnx_sasl_set_desired_state(transport, SASL_POSTED_RESPONSE);
}

bool encrypts_nothing(pn_transport_t*) { return false; }
ssize_t no_size(pn_transport_t*) { return 0; }
ssize_t as_it_is(pn_transport_t*, pn_bytes_t, pn_bytes_t*) { return 0; }

constexpr pnx_sasl_implementation kImplementation{
    &free_exchange, &no_mechanisms,    &begin_server, &begin_client,     &nothing, &no_init,  &no_bytes,
    &choose,        &answer_challenge, &no_bytes,     &encrypts_nothing, &no_size, &as_it_is, &as_it_is};

}  // namespace

void use_identity(pn_transport_t* transport, const Identity& identity) {
  pn_sasl_t* const sasl = pn_sasl(transport);
  pnx_sasl_set_implementation(transport, &kImplementation, new Exchange{identity, {}});
  pn_sasl_allowed_mechs(sasl, identity.mechanism.c_str());
  // Whether the connection may be without TLS was asked when the destination was read.
  pn_sasl_set_allow_insecure_mechs(sasl, true);
}

}  // namespace amqp

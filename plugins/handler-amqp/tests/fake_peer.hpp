// The other end of the handler's connection: a broker that does what the test wants.
#pragma once

#include <proton/condition.h>
#include <proton/connection.h>
#include <proton/connection_driver.h>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/event.h>
#include <proton/link.h>
#include <proton/sasl.h>
#include <proton/sasl_plugin.h>
#include <proton/session.h>
#include <proton/terminus.h>
#include <proton/transport.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <utility>
#include <vector>

#include "amqp_message.hpp"

namespace amqp::testing {

struct PeerOptions {
  std::string mechanisms = "PLAIN ANONYMOUS EXTERNAL";
  std::string password = "secret";
  int credit = 100;
  std::uint64_t max_message_size = 0;
  bool attaches = true;  // else the link is refused
  int idle_timeout_ms = 0;
};

class FakePeer {
 public:
  FakePeer(trellis::testing::TestHost& host, trellis::testing::ProtocolConnection connection, PeerOptions options = {})
      : host_(host), connection_(connection), options_(std::move(options)) {
    pn_connection_driver_init(&driver_, nullptr, nullptr);
    pn_transport_set_server(driver_.transport);
    if (options_.idle_timeout_ms > 0) {
      pn_transport_set_idle_timeout(driver_.transport, static_cast<pn_millis_t>(options_.idle_timeout_ms));
    }
    pn_sasl(driver_.transport);
    pnx_sasl_set_implementation(driver_.transport, &sasl(), this);
    pump();
  }
  ~FakePeer() { pn_connection_driver_destroy(&driver_); }
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  /// Takes what the handler sent and answers, until both are silent.
  void pump() {
    for (int turns = 0; turns < 100; ++turns) {
      const std::string input = connection_.received();
      feed(input);
      handle_events();
      const std::string output = write();
      if (output.empty() && input.empty()) return;
      if (!output.empty() && connection_.open()) connection_.send(output);
      host_.turn();
    }
  }

  /// Messages that came, in order.
  const std::vector<AmqpMessage>& messages() const { return messages_; }
  /// Settles the oldest that is not; false where there is none.
  bool settle(std::uint64_t state, const std::string& condition = {}) { return settle(0, state, condition); }
  bool settle(std::size_t at, std::uint64_t state, const std::string& condition = {}) {
    if (at >= unsettled_.size()) return false;
    pn_delivery_t* const delivery = unsettled_[at];
    unsettled_.erase(unsettled_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!condition.empty()) {
      pn_condition_t* const set = pn_disposition_condition(pn_delivery_local(delivery));
      pn_condition_set_name(set, condition.c_str());
      pn_condition_set_description(set, "it is so");
    }
    if (state != 0) pn_delivery_update(delivery, state);
    pn_delivery_settle(delivery);
    pump();
    return true;
  }
  void give_credit(int credit) {
    pn_link_flow(receiver_, credit);
    pump();
  }
  void end_link(const std::string& condition) {
    pn_condition_set_name(pn_link_condition(receiver_), condition.c_str());
    pn_link_close(receiver_);
    pump();
  }
  void end_connection(const std::string& condition) {
    pn_condition_set_name(pn_connection_condition(driver_.connection), condition.c_str());
    pn_connection_close(driver_.connection);
    pump();
  }
  /// Sends an empty frame if one is due at that time.
  void tick(std::chrono::milliseconds now) {
    pn_transport_tick(driver_.transport, now.count());
    pump();
  }
  std::size_t unsettled() const { return unsettled_.size(); }
  bool closed_in_order() const { return closed_; }
  const std::string& address() const { return address_; }
  bool durable() const { return durable_; }
  const std::string& host_name() const { return host_name_; }
  const std::string& login() const { return login_; }
  trellis::testing::ProtocolConnection& connection() { return connection_; }

 private:
  static FakePeer& of(pn_transport_t* transport) { return *static_cast<FakePeer*>(pnx_sasl_get_context(transport)); }
  static const pnx_sasl_implementation& sasl() {
    static const pnx_sasl_implementation implementation{
        [](pn_transport_t*) {},
        [](pn_transport_t* transport) { return of(transport).options_.mechanisms.c_str(); },
        [](pn_transport_t* transport) {
          pnx_sasl_set_desired_state(transport, SASL_POSTED_MECHANISMS);
          return true;
        },
        [](pn_transport_t*) { return false; },
        [](pn_transport_t*) {},
        [](pn_transport_t* transport, const char* mechanism, const pn_bytes_t* response) {
          of(transport).judge(transport, mechanism, std::string(response->start, response->size));
        },
        [](pn_transport_t*, const pn_bytes_t*) {},
        [](pn_transport_t*, const char*) { return false; },
        [](pn_transport_t*, const pn_bytes_t*) {},
        [](pn_transport_t*, const pn_bytes_t*) {},
        [](pn_transport_t*) { return false; },
        [](pn_transport_t*) -> ssize_t { return 0; },
        [](pn_transport_t*, pn_bytes_t, pn_bytes_t*) -> ssize_t { return 0; },
        [](pn_transport_t*, pn_bytes_t, pn_bytes_t*) -> ssize_t { return 0; }};
    return implementation;
  }
  void judge(pn_transport_t* transport, const std::string& mechanism, const std::string& response) {
    login_ = mechanism + " " + response;
    const bool right = mechanism != "PLAIN" || response == std::string("\0ada\0", 5) + options_.password;
    if (right) {
      pnx_sasl_set_succeeded(transport, "ada", "ada");
    } else {
      pnx_sasl_set_failed(transport);
    }
    pnx_sasl_set_desired_state(transport, SASL_POSTED_OUTCOME);
  }

  void feed(const std::string& input) {
    std::size_t taken = 0;
    while (taken < input.size()) {
      const pn_rwbytes_t room = pn_connection_driver_read_buffer(&driver_);
      if (room.size == 0) return;
      const std::size_t size = std::min(room.size, input.size() - taken);
      std::memcpy(room.start, input.data() + taken, size);
      pn_connection_driver_read_done(&driver_, size);
      taken += size;
      handle_events();
    }
  }
  std::string write() {
    std::string out;
    while (true) {
      const pn_bytes_t bytes = pn_connection_driver_write_buffer(&driver_);
      if (bytes.size == 0) return out;
      out.append(bytes.start, bytes.size);
      pn_connection_driver_write_done(&driver_, bytes.size);
    }
  }
  void handle_events() {
    while (pn_event_t* const event = pn_connection_driver_next_event(&driver_)) handle(event);
  }
  void handle(pn_event_t* event) {
    switch (pn_event_type(event)) {
      case PN_CONNECTION_REMOTE_OPEN:
        host_name_ = text(pn_connection_remote_hostname(driver_.connection));
        return pn_connection_open(driver_.connection);
      case PN_CONNECTION_REMOTE_CLOSE:
        closed_ = true;
        return pn_connection_close(driver_.connection);
      case PN_SESSION_REMOTE_OPEN:
        return pn_session_open(pn_event_session(event));
      case PN_LINK_REMOTE_OPEN:
        return attach(pn_event_link(event));
      case PN_DELIVERY:
        return take(pn_event_delivery(event));
      default:
        return;
    }
  }
  void attach(pn_link_t* link) {
    receiver_ = link;
    address_ = text(pn_terminus_get_address(pn_link_remote_target(link)));
    durable_ = pn_terminus_get_durability(pn_link_remote_target(link)) == PN_CONFIGURATION;
    if (options_.attaches) pn_terminus_copy(pn_link_target(link), pn_link_remote_target(link));
    if (options_.max_message_size > 0) pn_link_set_max_message_size(link, options_.max_message_size);
    pn_link_open(link);
    if (!options_.attaches) {
      pn_condition_set_name(pn_link_condition(link), "amqp:not-found");
      return pn_link_close(link);
    }
    pn_link_flow(link, options_.credit);
  }
  void take(pn_delivery_t* delivery) {
    if (!pn_delivery_readable(delivery) || pn_delivery_partial(delivery)) return;
    std::string bytes(pn_delivery_pending(delivery), '\0');
    pn_link_recv(receiver_, bytes.data(), bytes.size());
    pn_link_advance(receiver_);
    messages_.push_back(AmqpMessage::decode(bytes));
    unsettled_.push_back(delivery);
  }
  static std::string text(const char* text) { return text == nullptr ? "" : text; }

  trellis::testing::TestHost& host_;
  trellis::testing::ProtocolConnection connection_;
  const PeerOptions options_;
  pn_connection_driver_t driver_{};
  pn_link_t* receiver_ = nullptr;
  std::deque<pn_delivery_t*> unsettled_;
  std::vector<AmqpMessage> messages_;
  std::string address_;
  std::string host_name_;
  std::string login_;
  bool durable_ = false;
  bool closed_ = false;
};

}  // namespace amqp::testing

// A RabbitMQ of the test's own, with AMQP 1.0, and a reader of its queues.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <proton/connection.h>
#include <proton/connection_driver.h>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/event.h>
#include <proton/link.h>
#include <proton/session.h>
#include <proton/terminus.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "delivered_site.hpp"
#include "plugins/handler-amqp/sasl.hpp"
#include "plugins/handler-amqp/tests/amqp_message.hpp"
#include "support/child_process.hpp"
#include "support/command.hpp"

namespace trellis::testing {

/// Listens on loopback only, and keeps everything it writes in one folder.
class RabbitMq {
 public:
  struct Ports {
    std::uint16_t amqp, distribution, names;
  };
  RabbitMq(const TemporaryDirectory& folder, Ports ports) : folder_(folder), ports_(ports) {
    folder_.write("plugins", "[rabbitmq_amqp1_0].");
    folder_.write("rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:" + std::to_string(ports.amqp) +
                                       "\ndefault_user = trellis\ndefault_pass = secret\nlog.console = true\n"
                                       "log.console.level = error\n");
    names_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"epmd", "-port", std::to_string(ports.names), "-address", "127.0.0.1"});
    start();
  }
  // Nothing of it is needed any more, so that it need not end in order.
  ~RabbitMq() { kill(); }
  RabbitMq(const RabbitMq&) = delete;
  RabbitMq& operator=(const RabbitMq&) = delete;

  void start() {
    const auto in = [&](const std::string& name) { return folder_.path() + "/" + name; };
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        "env", "HOME=" + folder_.path(), "RABBITMQ_NODENAME=" + node(),
        "RABBITMQ_DIST_PORT=" + std::to_string(ports_.distribution), "RABBITMQ_MNESIA_BASE=" + in("mnesia"),
        "RABBITMQ_LOG_BASE=" + in("log"), "RABBITMQ_LOGS=-", "RABBITMQ_ENABLED_PLUGINS_FILE=" + in("plugins"),
        "RABBITMQ_CONFIG_FILE=" + in("rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE=/dev/null",
        "RABBITMQ_PID_FILE=" + in("pid"), "ERL_EPMD_PORT=" + std::to_string(ports_.names), "ERL_EPMD_ADDRESS=127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
        // The script becomes the server then, so that signals reach it.
        "RUNNING_UNDER_SYSTEMD=1", "/usr/lib/rabbitmq/bin/rabbitmq-server"});
    const auto done = [](const std::string& output) { return output.find("completed with") != std::string::npos; };
    if (!process_->wait_for_output(done, std::chrono::minutes(3))) {
      throw std::runtime_error("RabbitMQ does not start:\n" + process_->output());
    }
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait(std::chrono::seconds(20));
  }
  /// Ends its connections in order and listens no more, as one that is stopped does. Erlang itself goes on, which takes
  /// four times as long to start as the rest.
  void leave() { call("rabbit stop []"); }
  void come_back() { call("rabbit start []"); }
  std::uint16_t port() const { return ports_.amqp; }

 private:
  std::string node() const { return "trellis" + std::to_string(ports_.amqp) + "@localhost"; }
  void call(const std::string& function) const {
    std::ifstream file(folder_.path() + "/.erlang.cookie");
    std::string cookie;
    file >> cookie;
    const auto done = run_command({erl_call(), "-sname", node(), "-c", cookie, "-a", function}, "",
                                  {"HOME=" + folder_.path(), "ERL_EPMD_PORT=" + std::to_string(ports_.names)});
    if (done.code != 0 || done.out != "ok") throw std::runtime_error(function + ": " + done.describe());
  }
  static std::string erl_call() {
    for (const auto& one : std::filesystem::directory_iterator("/usr/lib/erlang")) {
      const auto program = one.path() / "bin" / "erl_call";
      if (std::filesystem::exists(program)) return program;
    }
    throw std::runtime_error("erl_call is not installed, which comes with Erlang");
  }

  const TemporaryDirectory& folder_;
  const Ports ports_;
  std::unique_ptr<ChildProcess> names_;
  std::unique_ptr<ChildProcess> process_;
};

/// Takes messages out of a queue, by Proton on a socket that waits.
class AmqpReader {
 public:
  AmqpReader(std::uint16_t port, const std::string& address)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0) throw std::runtime_error("no peer");
    pn_connection_driver_init(&driver_, nullptr, nullptr);
    amqp::use_identity(driver_.transport, identity_);
    pn_connection_set_container(driver_.connection, "reader");
    pn_connection_set_hostname(driver_.connection, "localhost");
    pn_connection_open(driver_.connection);
    pn_session_t* const session = pn_session(driver_.connection);
    pn_session_open(session);
    receiver_ = pn_receiver(session, "reader");
    pn_terminus_set_address(pn_link_source(receiver_), address.c_str());
    pn_terminus_set_durability(pn_link_source(receiver_), PN_CONFIGURATION);  // as whoever made the queue
    pn_link_open(receiver_);
    pn_link_flow(receiver_, kCredit);
  }
  ~AmqpReader() {
    pn_connection_driver_destroy(&driver_);
    ::close(socket_);
  }
  AmqpReader(const AmqpReader&) = delete;
  AmqpReader& operator=(const AmqpReader&) = delete;

  /// As many as come until there are `enough`, or nothing has come for that time.
  std::vector<amqp::testing::AmqpMessage> take(std::size_t enough, std::chrono::milliseconds patience) {
    auto until = std::chrono::steady_clock::now() + patience;
    std::vector<amqp::testing::AmqpMessage> out;
    while (out.size() < enough && std::chrono::steady_clock::now() < until) {
      const std::size_t before = out.size();
      while (pn_event_t* const event = pn_connection_driver_next_event(&driver_)) receive(event, out);
      write();
      pollfd waited{socket_, POLLIN, 0};
      if (::poll(&waited, 1, 50) > 0 && !read()) return out;
      if (out.size() > before) until = std::chrono::steady_clock::now() + patience;
    }
    return out;
  }

 private:
  static constexpr int kCredit = 1000;

  void receive(pn_event_t* event, std::vector<amqp::testing::AmqpMessage>& out) {
    if (pn_event_type(event) != PN_DELIVERY) return;
    pn_delivery_t* const delivery = pn_event_delivery(event);
    if (!pn_delivery_readable(delivery) || pn_delivery_partial(delivery)) return;
    std::string bytes(pn_delivery_pending(delivery), '\0');
    pn_link_recv(receiver_, bytes.data(), bytes.size());
    pn_link_advance(receiver_);
    pn_delivery_update(delivery, PN_ACCEPTED);
    pn_delivery_settle(delivery);
    out.push_back(amqp::testing::AmqpMessage::decode(bytes));
    if (pn_link_credit(receiver_) < kCredit / 2) pn_link_flow(receiver_, kCredit / 2);
  }
  void write() {
    while (true) {
      const pn_bytes_t bytes = pn_connection_driver_write_buffer(&driver_);
      if (bytes.size == 0) return;
      const ssize_t sent = ::send(socket_, bytes.start, bytes.size, MSG_NOSIGNAL);
      if (sent <= 0) return;
      pn_connection_driver_write_done(&driver_, static_cast<std::size_t>(sent));
    }
  }
  bool read() {
    const pn_rwbytes_t room = pn_connection_driver_read_buffer(&driver_);
    const ssize_t got = room.size == 0 ? 0 : ::recv(socket_, room.start, room.size, 0);
    if (got <= 0) return false;
    pn_connection_driver_read_done(&driver_, static_cast<std::size_t>(got));
    return true;
  }

  const amqp::Identity identity_{"PLAIN", "trellis", "secret"};
  int socket_;
  pn_connection_driver_t driver_{};
  pn_link_t* receiver_ = nullptr;
};

}  // namespace trellis::testing

// Declares the options of trellis-bench, which are its manual too.
#include "options.hpp"

#include <boost/program_options.hpp>
#include <iostream>
#include <stdexcept>

namespace trellis::bench {
namespace {

namespace po = boost::program_options;

constexpr const char* kIntroduction =
    "Loads a broker of messages or events from one thread and says what a message costs the broker.\n"
    "usage: trellis-bench --scenario NAME [options]\n\n"
    "scenarios: fan-in, fan-out, pairs, shared   closed loop, or fixed rate with --rate\n"
    "           matching                         many distinct filters; --hot-topics, --churn\n"
    "           storm                            connect, CONNECT, CONNACK, DISCONNECT, close\n"
    "           idle                             memory per idle client\n"
    "           retained                         replay of retained messages to a new subscriber\n"
    "           backlog                          messages for sessions that are away, then their coming back\n"
    "           events-pull                      publish, receive, acknowledge over HTTP, or with --wire nats\n"
    "           events-publish                   publish over HTTP, receive and acknowledge afterwards\n"
    "           events-push                      publish over HTTP, be posted to: --sink\n"
    "           events-waiting                   many receivers wait, events come at a fixed rate: --rate\n"
    "exit code: 0 all well, 1 a message was lost, doubled or out of order, 2 wrong usage, 3 could not run\n\n"
    "options";

template <typename T>
auto with_default(T& target) {
  return po::value<T>(&target)->default_value(target);
}

// Small integers would be read as characters.
struct Raw {
  unsigned port = 1883, qos = 0, protocol = 4, receive_maximum = 0;
  std::uint64_t messages = 0;
  double seconds = 3, warmup = 1;
  std::string output = "text";
};

void describe_events(po::options_description& all, Options& options) {
  EventOptions& events = options.events;
  auto add = all.add_options();
  add("wire", po::value(&options.wire), "events, and smoke: http or nats; default: http for events, else MQTT");
  add("topic", with_default(events.topic), "events: published to");
  add("subscription", with_default(events.subscription), "events: received from");
  add("key", with_default(events.key), "events: shown as Authorization: SharedAccessKey");
  add("batch", with_default(events.batch), "events: in one publish; 0: the scenario's own number");
  add("max-events", with_default(events.max_events), "events: one receive takes at most");
  add("sink", with_default(events.sink),
      "events-push: port of loopback where the endpoints are: this program listens there");
  add("copies", with_default(events.copies), "events-push: how often each event comes there: subscriptions");
  add("publish-only", po::bool_switch(&events.publish_only),
      "events-publish: the server keeps nothing, do not receive");
}

po::options_description describe(Options& options, Raw& raw) {
  po::options_description all(kIntroduction);
  FlowOptions& flow = options.flow;
  auto add = all.add_options();
  add("help,h", "print this");
  add("scenario,s", po::value(&options.scenario), "what to run");
  add("smoke", po::bool_switch(&options.smoke), "run every scenario very briefly, for correctness only");
  add("host", with_default(flow.broker.host), "numeric IPv4 address of the broker");
  add("port,p", with_default(raw.port), "");
  add("layer", with_default(flow.broker.layer), "what carries MQTT: none, tls or websocket");
  add("pid", with_default(flow.pid), "process id of the broker, whose CPU time and memory are read; 0: unknown");
  add("protocol", with_default(raw.protocol), "4 (MQTT 3.1.1) or 5");
  add("receive-maximum", with_default(raw.receive_maximum), "stated in CONNECT, version 5 only; 0: not stated");
  add("qos,q", with_default(raw.qos), "of publishes and subscriptions");
  add("payload", with_default(flow.payload), "bytes, at least 20");
  add("publishers", with_default(options.publishers), "0: the scenario's own number");
  add("subscribers", with_default(options.subscribers), "0: the scenario's own number");
  add("window,w", with_default(flow.window), "messages a publisher may have outstanding");
  add("refill", with_default(flow.refill), "room in the window before it is filled again; 0: half the window");
  add("rate", with_default(flow.rate), "messages per second in all, kept by schedule; 0: closed loop");
  add("seconds", with_default(raw.seconds), "length of the measured window");
  add("warmup", with_default(raw.warmup), "seconds before it");
  add("filters", with_default(options.filters), "matching: distinct filters");
  add("hot-topics", with_default(options.hot_topics), "matching: publish to that many topics; 0: to random ones");
  add("churn", with_default(options.churn), "matching: filters subscribed per second meanwhile");
  add("concurrency", with_default(options.concurrency), "storm: connections being opened at once");
  add("clients", with_default(options.clients), "idle: clients");
  add("retained", with_default(options.retained), "retained: messages");
  add("persistent", po::bool_switch(&flow.persistent), "flows: sessions that outlive their connections");
  add("sessions", with_default(options.sessions), "backlog: sessions that are away");
  add("messages", with_default(options.messages), "backlog: messages for each of them");
  add("phase", with_default(options.phase), "backlog: store, drain or both");
  add("output,o", with_default(raw.output), "text or json");
  describe_events(all, options);
  return all;
}

void require(bool condition, const std::string& message) {
  if (!condition) throw std::runtime_error(message);
}

void check(const Options& options, const Raw& raw) {
  require(options.smoke || !options.scenario.empty(), "--scenario is missing; --help lists them");
  require(raw.qos <= 2, "--qos: found " + std::to_string(raw.qos) + ", expected 0, 1 or 2");
  require(raw.protocol == 4 || raw.protocol == 5, "--protocol: expected 4 or 5");
  require(raw.port > 0 && raw.port <= 65535, "--port: expected 1 to 65535");
  require(raw.receive_maximum <= 65535, "--receive-maximum: expected at most 65535");
  require(options.flow.payload >= Stamp::kSize, "--payload: expected at least 20 bytes");
  require(options.flow.payload <= 200'000, "--payload: expected at most 200000 bytes");
  require(options.flow.window >= 1 && options.flow.window <= 8192, "--window: expected 1 to 8192");
  require(raw.seconds > 0 && raw.seconds <= 600 && raw.warmup >= 0 && raw.warmup <= 600, "times: at most 600 s");
  require(options.phase == "store" || options.phase == "drain" || options.phase == "both",
          "--phase: expected store, drain or both");
  require(options.sessions >= 1 && options.messages >= 1, "counts: expected 1 or more");
  require(raw.output == "text" || raw.output == "json", "--output: expected text or json");
  require(options.flow.rate >= 0 && options.churn <= 1'000'000, "rates: expected 0 or more");
  require(options.filters >= 1 && options.concurrency >= 1 && options.clients >= 1 && options.retained >= 1,
          "counts: expected 1 or more");
  require(options.subscribers <= 15'000 && options.publishers <= 15'000 && options.clients <= 100'000 &&
              options.sessions <= 2'000'000,
          "too many connections");
}

void check_events(const Options& options) {
  const EventOptions& events = options.events;
  require(options.wire.empty() || options.wire == "http" || options.wire == "nats", "--wire: expected http or nats");
  require(events.batch <= 1000, "--batch: expected at most 1000");
  require(events.max_events >= 1 && events.max_events <= 100, "--max-events: expected 1 to 100");
  require(!events.publish_only || options.smoke || options.scenario == "events-publish",
          "--publish-only: only for events-publish");
  require(options.scenario != "events-push" || events.sink != 0, "--sink is missing: a port for events-push");
  require(events.copies >= 1 && events.copies <= 10'000, "--copies: expected 1 to 10000");
  require(options.scenario != "events-waiting" || options.smoke || options.flow.rate > 0,
          "--rate is missing: events-waiting keeps a schedule");
}

std::chrono::milliseconds to_ms(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  Raw raw;
  const po::options_description all = describe(options, raw);
  po::variables_map found;
  po::store(po::parse_command_line(argc, argv, all), found);
  if (found.contains("help")) {
    std::cout << all << '\n';
    return std::nullopt;
  }
  po::notify(found);
  check(options, raw);
  check_events(options);
  options.flow.broker.port = static_cast<std::uint16_t>(raw.port);
  options.flow.qos = static_cast<std::uint8_t>(raw.qos);
  options.flow.protocol = static_cast<std::uint8_t>(raw.protocol);
  options.flow.receive_maximum = static_cast<std::uint16_t>(raw.receive_maximum);
  options.flow.duration = to_ms(raw.seconds);
  options.flow.warmup = to_ms(raw.warmup);
  options.json = raw.output == "json";
  return options;
}

}  // namespace trellis::bench

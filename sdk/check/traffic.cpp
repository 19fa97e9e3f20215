#include "traffic.hpp"

#include <algorithm>
#include <array>
#include <atomic>

namespace trellis::check {
namespace {

using namespace testing;

constexpr std::uint32_t kBatch = 64;

Authenticated somebody() { return {.name = "boiler", .client_id = "boiler-1", .id = 7}; }

class StageTraffic final : public Traffic {
 public:
  explicit StageTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    const Authenticated publisher = somebody();
    const StageDriver stage(instance_);
    stage.judge(sample_messages(kBatch), "default", shard, &publisher);
    stage.judge(sample_messages(1), "default", shard);
  }
  void batch(std::uint32_t count) override { StageDriver(instance_).judge(sample_messages(count)); }

 private:
  Instance& instance_;
};

class PredicateTraffic final : public Traffic {
 public:
  explicit PredicateTraffic(CompiledFilter filter) : filter_(std::move(filter)) {}
  void run(std::uint32_t shard) override {
    filter_.judge(sample_messages(kBatch), shard);
    filter_.judge(sample_messages(1), shard);
  }
  void batch(std::uint32_t count) override { filter_.judge(sample_messages(count)); }

 private:
  CompiledFilter filter_;
};

class AuthenticatorTraffic final : public Traffic {
 public:
  explicit AuthenticatorTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    static const std::vector<Client> clients = {
        {.client_id = "boiler-1"},
        {.client_id = "boiler-1", .username = "boiler", .password = "wrong"},
        {.username = "", .password = ""},
        {.password = std::string(2000, '\xFF')},
        {.client_id = "c", .method = "SCRAM-SHA-256", .data = "n,,n=boiler,r=abcdef"},
        {.client_id = "c", .method = "OAUTH2-JWT", .data = "a.b.c"},
        {.client_id = "c", .certificates = {"no certificate"}, .user_properties = {{"a", "b"}}}};
    const AuthenticatorDriver authenticator(instance_);
    for (const Client& client : clients) {
      AuthClient asked = authenticator.connect(client, shard);
      if (asked.verdict() == AuthVerdict::challenge) asked.answer("nothing that was asked for");
      const AuthVerdict verdict = asked.verdict();
      if (verdict == AuthVerdict::pending || verdict == AuthVerdict::challenge) asked.leave();
    }
  }

 private:
  Instance& instance_;
};

class AuthorizerTraffic final : public Traffic {
 public:
  explicit AuthorizerTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    const AuthorizerDriver authorizer(instance_);
    authorizer.admit(somebody(), shard);
    authorizer.may(somebody(), questions(kBatch), shard);
    authorizer.may({.client_id = "nobody"}, questions(3), shard);
    const bool explains = instance_.table<trellis_authorizer>()->explain != nullptr;
    if (explains && shard == 0) authorizer.explain(somebody(), Action::subscribe, "a/#");
  }
  void batch(std::uint32_t count) override { AuthorizerDriver(instance_).may(somebody(), questions(count)); }

 private:
  static std::vector<std::pair<Action, std::string>> questions(std::size_t count) {
    static const std::array<std::pair<Action, std::string>, 4> all = {{{Action::publish, "boiler/temp"},
                                                                       {Action::subscribe, "boiler/#"},
                                                                       {Action::receive, "a/b/c"},
                                                                       {Action::subscribe, "+/x"}}};
    std::vector<std::pair<Action, std::string>> out;
    while (out.size() < count) out.push_back(all[out.size() % all.size()]);
    return out;
  }

  Instance& instance_;
};

class HandlerTraffic final : public Traffic {
 public:
  HandlerTraffic(Instance& instance, OpenDestination destination)
      : instance_(instance), destination_(std::move(destination)) {}
  void run(std::uint32_t shard) override {
    destination_.deliver(sample_messages(8), shard);
    destination_.deliver(sample_messages(1), shard, 3);
    if (instance_.table<trellis_handler>()->check != nullptr) destination_.check(shard);
  }

 private:
  Instance& instance_;
  OpenDestination destination_;
};

class ServiceTraffic final : public Traffic {
 public:
  explicit ServiceTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    static const std::vector<RequestSample> requests = {
        {},
        {.path = "/a/b%20c", .query = "a=b&c=%41&&=", .headers = {{"accept", "*/*"}, {"host", "broker.test"}}},
        {.method = "POST", .body = R"({"a": [1, 2]})", .headers = {{"content-type", "application/json"}}},
        {.method = "PUT", .path = "/", .body = std::string(3000, '{')},
        {.method = "DELETE", .path = "/../..", .host = "elsewhere.test"},
        {.method = "WHAT", .path = "/x", .headers = {{"authorization", "Bearer a.b.c"}}}};
    const ServiceDriver service(instance_);
    for (const RequestSample& request : requests) service.request(request, shard);
    service.request({.path = "/left"}, shard).leave();
  }

 private:
  Instance& instance_;
};

// Beginnings of what is spoken on the net, and of nothing.
const std::vector<std::string>& sample_bytes() {
  static const std::vector<std::string> all = {std::string("\x10\x0E\x00\x04MQTT\x04\x02\x00\x3C\x00\x02"
                                                           "c1",
                                                           16),
                                               "GET /a HTTP/1.1\r\nHost: broker.test\r\n\r\n",
                                               "PROXY TCP4 192.0.2.7 192.0.2.8 40000 1883\r\nhello\n",
                                               std::string("\x16\x03\x01\x00\x05hello", 10),
                                               "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                               "a line\nand another one\n",
                                               std::string(3000, '\xFF'),
                                               std::string(5, '\0')};
  return all;
}

class LayerTraffic final : public Traffic {
 public:
  explicit LayerTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    const LayerDriver layer(instance_);
    const std::uint32_t flags = instance_.table<trellis_layer>()->flags;
    for (const std::string& bytes : sample_bytes()) {
      if (instance_.table<trellis_layer>()->recognise != nullptr) layer.recognise(bytes, shard);
      if ((flags & TRELLIS_LAYER_DIALS_ONLY) == 0) use(layer.connect(shard), bytes);
      if ((flags & TRELLIS_LAYER_DIALS) != 0) use(layer.dial("broker.test", 8883, "mqtt", shard), bytes);
    }
  }

 private:
  void use(LayerConnection connection, const std::string& bytes) {
    if (!connection.accepted()) return;
    const trellis_layer& table = *instance_.table<trellis_layer>();
    bool goes_on = connection.input(bytes.substr(0, 1));
    goes_on = goes_on && connection.input(bytes.substr(1));
    goes_on = goes_on && connection.output("what the protocol says");
    if (goes_on && table.on_look != nullptr) connection.look();
    if (table.fact != nullptr) connection.fact(TRELLIS_FACT_TLS_VERSION);
    connection.up();
    connection.down();
    connection.close();
  }

  Instance& instance_;
};

class ProtocolTraffic final : public Traffic {
 public:
  explicit ProtocolTraffic(Instance& instance) : instance_(instance) {}
  void run(std::uint32_t shard) override {
    for (const std::string& bytes : sample_bytes()) {
      ProtocolConnection connection = ProtocolDriver(instance_).connect({.shard = shard});
      connection.send(bytes.substr(0, 1));
      connection.send(bytes.substr(1));
      connection.received();
      connection.disconnect();
    }
  }

 private:
  Instance& instance_;
};

class StoreTraffic final : public Traffic {
 public:
  explicit StoreTraffic(Instance& instance) : store_(instance) {
    const Restored kept = store_.restore();
    next_queue_ = kept.queues.empty() ? 1 : kept.queues.rbegin()->first + 1;
  }
  void run(std::uint32_t shard) override {
    const std::uint64_t queue = next_queue_++;
    const std::string key = "trellis-plugin-check/" + std::to_string(shard);
    const auto write = [&](const std::vector<Change>& changes) {
      return store_.write(changes, Durability::in_memory, shard);
    };
    std::vector<StoreCall> calls;
    calls.push_back(write({Change::append(queue, 1, "body", "extra"), Change::marked(queue, 5)}));
    calls.push_back(write({Change::append(queue, 2, ""), Change::noted(queue, 2, 7), Change::put(key, "value")}));
    calls.push_back(store_.read(queue, 0, 10, 1000, shard));
    calls.push_back(write({Change::settle(queue, 1, 9), Change::drop(queue), Change::remove(key)}));
    for (const StoreCall& call : calls) store_.wait(call);
    store_.figures();
  }

 private:
  StoreDriver store_;
  std::atomic<std::uint64_t> next_queue_{1};
};

// Without a sample, what some may take anyway.
const std::vector<std::string>& guesses() {
  static const std::vector<std::string> all = {"{}", R"("a")", "[]", "true"};
  return all;
}

template <class Driver>
auto open_sample(Instance& instance, const std::optional<std::string>& sample, auto open, std::string& why_not)
    -> std::optional<decltype(open(std::declval<Driver>(), std::string()))> {
  const Driver driver(instance);
  for (const std::string& text : sample ? std::vector<std::string>{*sample} : guesses()) {
    try {
      return open(driver, text);
    } catch (const std::runtime_error& refused) {
      why_not = refused.what();
    }
  }
  return std::nullopt;
}

std::unique_ptr<Traffic> predicate_traffic(Instance& instance, const Samples& samples, std::string& why_not) {
  auto filter = open_sample<PredicateDriver>(
      instance, samples.filter, [](const PredicateDriver& to, const std::string& text) { return to.compile(text); },
      why_not);
  if (filter) return std::make_unique<PredicateTraffic>(std::move(*filter));
  why_not = samples.filter ? "refuses the filter it was given: " + why_not
                           : "needs a filter to judge messages; pass one with --filter";
  return nullptr;
}

std::unique_ptr<Traffic> handler_traffic(Instance& instance, const Samples& samples, std::string& why_not) {
  auto opened = open_sample<HandlerDriver>(
      instance, samples.destination, [](const HandlerDriver& to, const std::string& text) { return to.open(text); },
      why_not);
  if (opened) return std::make_unique<HandlerTraffic>(instance, std::move(*opened));
  why_not = samples.destination ? "refuses the destination it was given: " + why_not
                                : "needs a destination to deliver to; pass one with --destination";
  return nullptr;
}

}  // namespace

std::unique_ptr<Traffic> Traffic::of(Instance& instance, const Samples& samples, std::string& why_not) {
  switch (instance.entry().descriptor->kind) {
    case TRELLIS_KIND_STAGE:
      return std::make_unique<StageTraffic>(instance);
    case TRELLIS_KIND_PREDICATE:
      return predicate_traffic(instance, samples, why_not);
    case TRELLIS_KIND_AUTHENTICATOR:
      return std::make_unique<AuthenticatorTraffic>(instance);
    case TRELLIS_KIND_AUTHORIZER:
      return std::make_unique<AuthorizerTraffic>(instance);
    case TRELLIS_KIND_HANDLER:
      return handler_traffic(instance, samples, why_not);
    case TRELLIS_KIND_SERVICE:
      return std::make_unique<ServiceTraffic>(instance);
    case TRELLIS_KIND_LAYER:
      return std::make_unique<LayerTraffic>(instance);
    case TRELLIS_KIND_PROTOCOL:
      return std::make_unique<ProtocolTraffic>(instance);
    case TRELLIS_KIND_STORE:
      return std::make_unique<StoreTraffic>(instance);
    default:
      why_not = "is of a kind that nobody knows how to use";
      return nullptr;
  }
}

std::vector<Sample> sample_messages(std::size_t count) {
  static const std::array<Sample, 6> all = {
      {{.topic = "sensors/7/temp", .payload = "21"},
       {.topic = "sensors/7/temp",
        .payload = R"({"temperature": 21.5, "unit": "C"})",
        .qos = 1,
        .content_type = "application/json"},
       {.topic = "a", .payload = "", .retain = true},
       {.topic = "boiler/alarm",
        .payload = std::string("\x00\xFF\xFE", 3),
        .qos = 2,
        .user_properties = {{"id", "1"}, {"type", "com.example.alarm"}, {"source", "/boiler"}, {"specversion", "1.0"}}},
       {.topic = "a/very/long/topic/" + std::string(200, 't'), .payload = std::string(2000, 'p'), .expiry_s = 60},
       {.topic = "text",
        .payload = "plain text",
        .response_topic = "answers/1",
        .correlation_data = "c",
        .is_text = true,
        .publisher = "boiler-1",
        .publisher_identity = "boiler"}}};
  std::vector<Sample> out;
  while (out.size() < count) out.push_back(all[out.size() % all.size()]);
  return out;
}

}  // namespace trellis::check

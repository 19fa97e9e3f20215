// A service for tests of dialling: connects where a request says, greets, and answers with what came of it.
#include <array>
#include <charconv>
#include <string>
#include <trellis/dial.hpp>
#include <trellis/service.hpp>

namespace {

class Greeting final : public trellis::Outgoing {
 public:
  Greeting(trellis::Reply reply, std::string_view words, bool stays)
      : reply_(std::move(reply)), words_(words), stays_(stays) {}
  void on_open() noexcept override {
    opened_ = true;
    write(words_);
    if (stays_) reply_.text("stays\n");
  }
  std::size_t on_bytes(std::string_view bytes) noexcept override {
    if (bytes.find('\n') == std::string_view::npos) return 0;
    answer_ = "answered " + std::string(bytes) + std::string(fact(TRELLIS_FACT_TLS_VERSION)) + '\n';
    close();
    return bytes.size();
  }
  void on_closed(std::uint32_t reason, std::string_view why) noexcept override {
    if (reply_.sent()) return;
    if (answer_.empty()) {
      answer_ = (opened_ ? "closed: " : "failed " + std::to_string(reason) + ": ") + std::string(why) + '\n';
    }
    reply_.text(answer_);
  }

 private:
  trellis::Reply reply_;
  std::string words_;
  bool stays_;
  bool opened_ = false;
  std::string answer_;
};

/// One of two that are given up together.
class OneOfTwo final : public trellis::Outgoing {
 public:
  using Pair = std::array<OneOfTwo*, 2>;
  OneOfTwo(std::shared_ptr<Pair> pair, std::size_t place) : pair_(std::move(pair)), place_(place) {
    (*pair_)[place_] = this;
  }
  void on_open() noexcept override {}
  std::size_t on_bytes(std::string_view bytes) noexcept override { return bytes.size(); }
  void on_closed(std::uint32_t, std::string_view) noexcept override {
    (*pair_)[place_] = nullptr;
    if (OneOfTwo* other = (*pair_)[1 - place_]) other->close();
  }

 private:
  std::shared_ptr<Pair> pair_;
  std::size_t place_;
};

/// Dials again whenever it is over, without asking why.
class Stubborn final : public trellis::Outgoing {
 public:
  explicit Stubborn(trellis::DialTarget target) : target_(std::move(target)) {}
  void on_open() noexcept override { write("hello\n"); }
  std::size_t on_bytes(std::string_view bytes) noexcept override { return bytes.size(); }
  void on_closed(std::uint32_t, std::string_view) noexcept override {
    dial(shard(), target_, std::make_unique<Stubborn>(target_));
  }

 private:
  trellis::DialTarget target_;
};

class DiallerService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-dialler",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Connects where a request says. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_SERVICE, TRELLIS_HOST_DIAL}};

  struct ShardState {
    trellis::TextLookup lookup;
  };

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    if (request.path().starts_with("/texts/")) {
      auto shared = std::make_shared<trellis::Reply>(std::move(reply));
      request.shard().state<ShardState>().lookup = {request.shard(), request.path().substr(7),
                                                    [shared](trellis::Status status, const auto& texts) {
                                                      std::string all = std::to_string(static_cast<int>(status)) + '\n';
                                                      for (const auto text : texts) all += std::string(text) + '\n';
                                                      shared->text(all);
                                                    }};
      return;
    }
    trellis::DialTarget target;
    target.host = value(request.query(), "host");
    const std::string port = value(request.query(), "port");
    std::from_chars(port.data(), port.data() + port.size(), target.port);
    target.secure = value(request.query(), "secure") == "yes";
    target.layer = value(request.query(), "layer");
    const std::string timeout = value(request.query(), "timeout");
    std::int64_t ms = 0;
    std::from_chars(timeout.data(), timeout.data() + timeout.size(), ms);
    target.timeout = std::chrono::milliseconds(ms);
    if (request.path() == "/two") {
      const auto pair = std::make_shared<OneOfTwo::Pair>();
      for (std::size_t i = 0; i < 2; ++i) dial(request.shard(), target, std::make_unique<OneOfTwo>(pair, i));
      return reply.text("two\n");
    }
    if (request.path() == "/again") {
      dial(request.shard(), target, std::make_unique<Stubborn>(target));
      return reply.text("again\n");
    }
    const bool asks = value(request.query(), "asks") == "yes";
    dial(request.shard(), target,
         std::make_unique<Greeting>(std::move(reply), asks ? "GET / HTTP/1.0\r\n\r\n" : "hello\n",
                                    value(request.query(), "stays") == "yes"));
  }

 private:
  static std::string value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
      const std::size_t end = std::min(query.find('&'), query.size());
      const std::string_view one = query.substr(0, end);
      if (one.starts_with(name) && one.size() > name.size() && one[name.size()] == '=') {
        return std::string(one.substr(name.size() + 1));
      }
      query.remove_prefix(std::min(end + 1, query.size()));
    }
    return {};
  }
};

}  // namespace

TRELLIS_PLUGIN(DiallerService);

#include "ctl/record.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <trellis/json.hpp>

#include "common/base64/base64.hpp"
#include "ctl/connection.hpp"
#include "ctl/inputs.hpp"
#include "ctl/interrupts.hpp"
#include "ctl/server.hpp"
#include "query.hpp"

namespace management::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::chrono::hours kForever{24 * 365};
constexpr std::size_t kMostPending = std::size_t{16} << 20U;  // of one message on its way

int fail(const Terminal& terminal, const std::string& why, int code = kFailed) {
  terminal.err("trellis ctl record: " + why + '\n');
  return code;
}

void add(std::string& out, std::string_view name, const std::string& json) {
  out += (out.empty() ? "" : ", ") + quote(name) + ": " + json;
}

std::string properties_of(const Value& list) {
  std::string out;
  for (const Value& pair : list.items) {
    for (std::size_t i = 0; i < pair.keys.size(); ++i) {
      // A case has each name once, and rules mostly look at the first.
      if (out.find(quote(pair.keys[i]) + ": ") == std::string::npos) add(out, pair.keys[i], quote(pair.items[i].text));
    }
  }
  return "{" + out + "}";
}

/// Takes what server-sent events say, in pieces of any size.
class Recorder {
 public:
  Recorder(const Terminal& terminal, std::uint64_t most) : terminal_(terminal), most_(most) {}

  void take(std::string_view piece) {
    pending_ += piece;
    for (std::size_t end = pending_.find("\n\n"); end != std::string::npos; end = pending_.find("\n\n")) {
      read(pending_.substr(0, end));
      pending_.erase(0, end + 2);
    }
    if (pending_.size() > kMostPending) pending_.clear();
  }
  bool done() const noexcept { return most_ > 0 && written_ >= most_; }
  std::uint64_t written() const noexcept { return written_; }
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void read(const std::string& event) {
    static constexpr std::string_view kData = "data: ";
    const std::size_t at = event.starts_with(kData) ? 0 : event.find("\ndata: ");
    if (at == std::string::npos) return;
    const std::string_view data = std::string_view(event).substr(at == 0 ? kData.size() : at + 1 + kData.size());
    if (event.find("event: dropped") != std::string::npos) {
      const auto json = trellis::json::parse(data);
      const Value* count = json ? json->find("count") : nullptr;
      dropped_ += count == nullptr ? 1 : static_cast<std::uint64_t>(count->integer);
      return;
    }
    if (event.find("event: ") != std::string::npos || done()) return;
    const auto now = Clock::now();
    if (!first_) first_ = now;
    const std::string line =
        record_line(data, std::chrono::duration_cast<std::chrono::milliseconds>(now - *first_).count());
    if (line.empty()) return;
    terminal_.out(line + '\n');
    ++written_;
  }

  const Terminal& terminal_;
  const std::uint64_t most_;
  std::string pending_;
  std::optional<Clock::time_point> first_;
  std::uint64_t written_ = 0;
  std::uint64_t dropped_ = 0;
};

trellis::Result<std::uint64_t> read_most(const CtlRequest& request) {
  const std::string text = request.value("--max");
  std::uint64_t most = 0;
  if (text.empty()) return most;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), most);
  if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && most > 0) return most;
  return trellis::fail("after --max: expected a number of messages, found " + quote(text));
}

trellis::Result<std::string> read_authorization(const CtlRequest& request, const Terminal& terminal) {
  std::string user = terminal.environment("TRELLIS_MQTT_USER").value_or("");
  if (request.has("--user")) {
    auto read = read_argument(request.value("--user"));
    if (!read) return trellis::fail("--user: " + read.error().text);
    user = std::move(*read);
  }
  while (user.ends_with('\n') || user.ends_with('\r')) user.pop_back();
  return user.empty() ? std::string() : "Basic " + common::to_base64(user);
}

}  // namespace

std::string record_line(std::string_view message, std::int64_t ms_since_first) {
  const auto json = trellis::json::parse(message);
  const Value* topic = json ? json->find("topic") : nullptr;
  if (topic == nullptr) return {};
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"topic", "topic"},
                                                                             {"payload", "payload"},
                                                                             {"payloadBase64", "payload_base64"},
                                                                             {"qos", "qos"},
                                                                             {"retain", "retain"},
                                                                             {"contentType", "content_type"},
                                                                             {"messageExpiry", "expiry"},
                                                                             {"responseTopic", "response_topic"}};
  std::string inside;
  for (const auto& [theirs, ours] : kNames) {
    if (const Value* value = json->find(theirs)) add(inside, ours, std::string(value->source));
  }
  if (const Value* data = json->find("correlationData")) {
    if (const auto bytes = common::from_base64(data->text)) add(inside, "correlation_data", quote(*bytes));
  }
  if (const Value* properties = json->find("userProperties"))
    add(inside, "user_properties", properties_of(*properties));
  char at[32];
  std::snprintf(at, sizeof at, "%.3f", static_cast<double>(ms_since_first) / 1000);
  return "{\"at\": " + std::string(at) + ", \"message\": {" + inside + "}}";
}

int run_record(const CtlRequest& request, const Terminal& terminal) {
  std::string where = request.value("--mqtt-api");
  if (where.empty()) where = terminal.environment("TRELLIS_MQTT").value_or(std::string(kMqttApi.example));
  auto address = parse_address(where, kMqttApi);
  if (!address) return fail(terminal, "mqtt " + where + ": " + address.error().text, kUsage);
  const auto most = read_most(request);
  if (!most) return fail(terminal, most.error().text, kUsage);
  const auto authorization = read_authorization(request, terminal);
  if (!authorization) return fail(terminal, authorization.error().text, kUsage);
  const Interrupts interrupts(terminal.output);
  Recorder recorder(terminal, *most);
  Connection connection(std::move(*address));
  HttpRequest wanted{.target = connection.address().mount +
                               "/subscribe?retained=0&qos=1&topicFilter=" + percent_encode(request.names[0]) +
                               (*most > 0 ? "&maxEvents=" + std::to_string(*most) : std::string()),
                     .authorization = *authorization,
                     .on_piece = [&](std::string_view piece) { recorder.take(piece); }};
  const auto answer = connection.ask(wanted, kForever, interrupts.descriptor());
  if (answer && answer->status >= 300) return fail(terminal, sentence_of(*answer, kMqttApi));
  if (!answer && !interrupts.asked() && !recorder.done()) return fail(terminal, answer.error().text);
  if (recorder.dropped() > 0)
    return fail(terminal, std::to_string(recorder.dropped()) + " messages came too fast and are missing");
  return kDone;
}

}  // namespace management::ctl

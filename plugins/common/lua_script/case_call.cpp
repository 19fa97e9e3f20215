#include "case_call.hpp"

#include <algorithm>
#include <array>

#include "answers.hpp"
#include "outcome.hpp"

namespace lua {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::string_view kKeys[] = {"at",          "hook",   "function", "arguments", "message", "client",
                                      "credentials", "filter", "topic",    "timer",     "http",    "resources"};

std::string wrong(std::string_view key, std::string_view expected) {
  return "\"" + std::string(key) + "\" is not " + std::string(expected);
}

using TextMember = trellis_view trellis_credentials::*;
struct CredentialField {
  std::string_view name;
  TextMember member;
  std::uint32_t flag;
};
constexpr CredentialField kCredentials[] = {
    {"client_id", &trellis_credentials::client_id, 0},
    {"username", &trellis_credentials::username, TRELLIS_CREDENTIALS_HAS_USERNAME},
    {"password", &trellis_credentials::password, TRELLIS_CREDENTIALS_HAS_PASSWORD},
    {"namespace", &trellis_credentials::name_space, 0},
    {"listener", &trellis_credentials::listener, 0},
    {"protocol", &trellis_credentials::protocol, 0},
    {"peer", &trellis_credentials::peer, 0},
    {"method", &trellis_credentials::authentication_method, TRELLIS_CREDENTIALS_HAS_METHOD},
    {"data", &trellis_credentials::authentication_data, TRELLIS_CREDENTIALS_HAS_METHOD}};

trellis_credentials credentials_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  trellis_credentials out{};
  out.struct_size = sizeof out;
  out.name_space = trellis::view("default");
  out.protocol = trellis::view("mqtt5");
  for (const auto& [name, text] : texts) {
    for (const CredentialField& field : kCredentials) {
      if (field.name != name) continue;
      out.*field.member = trellis::view(text);
      out.flags |= field.flag;
    }
  }
  return out;
}

Actual failed(const Runner& runner) { return {"error", runner.error(), {}, {}, {}}; }

Actual access_of(const VerdictReader& reader) {
  using Verdict = VerdictReader::Verdict;
  if (reader.verdict() == Verdict::no) return {"deny", reader.reason(), {}, {}, {}};
  return {reader.verdict() == Verdict::yes ? "allow" : "defer", {}, {}, {}, {}};
}

Actual admission_of(const AdmissionReader& reader) {
  if (reader.refused()) return {"deny", reader.reason(), {}, {}, {}};
  const trellis_client_limits& limits = reader.limits();
  const std::pair<const char*, std::uint64_t> fields[] = {{"sessions", limits.sessions},
                                                          {"subscriptions", limits.subscriptions},
                                                          {"session_expiry", limits.session_expiry_s},
                                                          {"publishes_per_second", limits.publishes_per_s},
                                                          {"bytes_per_second", limits.bytes_per_s}};
  std::string json;
  for (const auto& [name, value] : fields) {
    if (value != 0) json += (json.empty() ? "" : ", ") + quote(name) + ": " + std::to_string(value);
  }
  return {json.empty() ? "allow" : "limits", {}, {}, json.empty() ? "" : "{" + json + "}", {}};
}

Actual grant_of(const GrantReader& reader) {
  if (reader.kind() == GrantReader::Kind::defer) return {"defer", {}, {}, {}, {}};
  if (reader.kind() == GrantReader::Kind::deny) return {"deny", reader.reason(), {}, {}, {}};
  std::string json;
  for (const auto& [name, value] : reader.attributes()) json += (json.empty() ? "" : ", ") + quote(name) + ": " + value;
  return {"allow", reader.name(), {}, "{" + json + "}", {}};
}

}  // namespace

std::string Actual::describe() const {
  std::string out;
  if (word == "drop" || word == "deny") {
    out = text.empty() ? quote(word) : "{" + quote(word) + ": " + quote(text) + "}";
  } else if (word == "error") {
    out = "{\"error\": " + quote(text) + "}";
  } else if (word == "limits") {
    out = "{\"limits\": " + json + "}";
  } else if (word == "allow" && !json.empty()) {
    out = "{\"allow\": {\"name\": " + quote(text) + ", \"attributes\": " + json + "}}";
  } else if (word != "messages") {
    out = word == "true" || word == "false" ? word : quote(word);
  } else {
    for (const OwnedMessage& message : messages) out += (out.empty() ? "" : ", ") + message.json();
    out = "[" + out + "]";
  }
  if (published.empty()) return out;
  std::string sent;
  for (const OwnedMessage& message : published) sent += (sent.empty() ? "" : ", ") + message.json();
  return out + " and publishes [" + sent + "]";
}

bool CaseCall::is_key(std::string_view key) noexcept {
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

std::string CaseCall::read_client(const Value& value) {
  if (value.type != Type::object) return wrong("client", "an object");
  const std::pair<std::string_view, std::string*> texts[] = {
      {"id", &client_id_}, {"name", &client_name_}, {"authenticator", &authenticator_}, {"namespace", &name_space_}};
  has_client_ = true;
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const Value& item = value.items[i];
    const auto* text =
        std::find_if(std::begin(texts), std::end(texts), [&](const auto& one) { return one.first == value.keys[i]; });
    if (text != std::end(texts)) {
      if (item.type != Type::text) return wrong("client/" + value.keys[i], "a text");
      *text->second = item.text;
    } else if (value.keys[i] == "attributes" && item.type == Type::object) {
      for (std::size_t k = 0; k < item.keys.size(); ++k)
        attributes_.emplace_back(item.keys[k], std::string(item.items[k].source));
    } else {
      return "a client has no field \"" + value.keys[i] + "\", or it is of another type";
    }
  }
  return "";
}

std::string CaseCall::read_http(const Value& value) {
  if (value.type != Type::list) return wrong("http", "a list of answers");
  for (const Value& item : value.items) {
    HttpAnswer& answer = http_.emplace_back();
    const Value* error = item.find("error");
    const Value* status = item.find("status");
    if (error != nullptr) answer.error = error->text;
    if (status != nullptr) answer.status = static_cast<std::uint32_t>(status->integer);
    if (answer.error.empty() == (answer.status == 0)) return "an answer of \"http\" has neither a status nor an error";
    if (const Value* body = item.find("body")) answer.body = body->text;
    if (const Value* json = item.find("json")) answer.body = json->source;
    if (const Value* headers = item.find("headers")) {
      for (std::size_t i = 0; i < headers->keys.size(); ++i)
        answer.headers.emplace_back(headers->keys[i], headers->items[i].text);
    }
  }
  return "";
}

std::string CaseCall::read_key(const std::string& key, const Value& value) {
  const std::pair<std::string_view, std::optional<std::string>*> texts[] = {
      {"hook", &hook_}, {"filter", &filter_}, {"topic", &topic_}, {"timer", &timer_}};
  for (const auto& [name, member] : texts) {
    if (key != name) continue;
    if (value.type != Type::text) return wrong(key, "a text");
    *member = value.text;
    return "";
  }
  if (key == "client") return read_client(value);
  if (key == "http") return read_http(value);
  if (key == "arguments") {
    arguments_ = value.source;
  } else if (key == "function") {
    if (value.type != Type::text || value.text.empty()) return wrong(key, "the name of a function");
    function_ = value.text;
  } else if (key == "at") {
    if (value.type != Type::integer && value.type != Type::number) return wrong(key, "a number of seconds");
    at_ = std::chrono::milliseconds(static_cast<std::int64_t>(value.number * 1000));
  } else if (key == "message") {
    auto read = OwnedMessage::read(value);
    if (!read) return read.error().text;
    message_ = std::move(*read);
  } else if (key == "credentials" || key == "resources") {
    if (value.type != Type::object) return wrong(key, "an object");
    for (std::size_t i = 0; i < value.keys.size(); ++i) {
      const Value& item = value.items[i];
      if (key == "resources") {
        resources_.emplace(value.keys[i], std::string(item.source));
        continue;
      }
      const bool known = std::any_of(std::begin(kCredentials), std::end(kCredentials),
                                     [&](const CredentialField& field) { return field.name == value.keys[i]; });
      if (!known || item.type != Type::text) return "credentials have no text \"" + value.keys[i] + "\"";
      if (!credentials_) credentials_.emplace();
      credentials_->emplace_back(value.keys[i], item.text);
    }
    if (key == "credentials" && !credentials_) credentials_.emplace();
  }
  return "";
}

trellis::Result<CaseCall> CaseCall::read(const Value& value) {
  if (value.type != Type::object)
    return trellis::fail("expected an object, found " + std::string(trellis::json::name(value.type)));
  CaseCall out;
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    if (const std::string fault = out.read_key(value.keys[i], value.items[i]); !fault.empty())
      return trellis::fail(fault);
  }
  const bool something = out.message_ || out.has_client_ || out.credentials_ || out.filter_ || out.topic_ || out.timer_;
  if (!something) return trellis::fail("the key \"message\" is missing");
  return out;
}

std::string CaseCall::about() const {
  if (message_) return message_->topic;
  if (filter_) return client_id_ + " subscribes " + *filter_;
  if (topic_) return client_id_ + " at " + *topic_;
  if (timer_) return "timer \"" + *timer_ + "\"";
  return "client " + client_id_;
}

std::optional<Hook> CaseCall::choose_hook(const Runner& runner) const {
  std::optional<Hook> hook;
  if (hook_) {
    hook = hook_named(*hook_);
  } else if (message_) {
    hook = runner.has(Hook::publish) ? Hook::publish : Hook::deliver;
  } else if (credentials_) {
    hook = Hook::authenticate;
  } else if (timer_) {
    hook = Hook::timer;
  } else {
    hook = filter_ ? Hook::subscribe : topic_ ? Hook::may_publish : Hook::connect;
  }
  if (!hook || !runner.has(*hook)) return std::nullopt;
  const bool wants_message = facts(*hook).arguments.front() == Argument::message;
  return wants_message == message_.has_value() ? hook : std::nullopt;
}

/// Of predicates; empty: a hook is called.
std::string CaseCall::choose_function(const Runner& runner) const {
  const bool open = function_.empty() && !hook_ && message_;
  const bool of_stage = runner.has(Hook::publish) || runner.has(Hook::deliver);
  return open && !of_stage && runner.functions().contains(kEventFunction) ? std::string(kEventFunction) : function_;
}

trellis::Result<Actual> CaseCall::run(Runner& runner, LocalServices& services) const {
  services.set_resources(resources_);
  const std::string function = choose_function(runner);
  const auto hook = function.empty() ? choose_hook(runner) : std::optional<Hook>();
  if (function.empty() && !hook) return trellis::fail("\"hook\" is not the name of a hook the script has");
  if (!function.empty() && !message_) return trellis::fail("the key \"message\" is missing");
  Actual actual = run_hook(hook.value_or(Hook::publish), function, runner, services);
  actual.published = services.take_published();
  return actual;
}

Actual CaseCall::run_hook(Hook hook, const std::string& function, Runner& runner, LocalServices& services) const {
  std::vector<trellis_pair> pairs;
  for (const auto& [name, value] : attributes_) pairs.push_back({trellis::view(name), trellis::view(value)});
  const trellis_identity identity{sizeof(trellis_identity),
                                  static_cast<std::uint32_t>(pairs.size()),
                                  trellis::view(client_name_),
                                  trellis::view(authenticator_),
                                  pairs.data(),
                                  0,
                                  1,
                                  0};
  Subject subject{.name_space = name_space_, .client_id = client_id_, .client_name = client_name_};
  if (has_client_) subject.identity = &identity;
  const std::int64_t wall = services.wall().count();
  std::optional<OwnedMessage::Raw> raw;
  if (message_) {
    raw.emplace(*message_, wall);
    subject.message = raw->message().get();
    subject.name_space = message_->name_space;
    if (!has_client_) {
      subject.client_id = message_->client_id;
      subject.client_name = message_->client_name;
    }
  }
  if (!function.empty()) return run_function(function, runner, subject);
  const std::optional<std::string>* const text = filter_ ? &filter_ : topic_ ? &topic_ : &timer_;
  if (*text) subject.text = **text;
  if (hook == Hook::timer) subject.name_space = {};
  if (hook == Hook::authenticate) return run_task(runner, subject);
  if (hook == Hook::connect) {
    AdmissionReader reader;
    return runner.call(hook, subject, reader) ? admission_of(reader) : failed(runner);
  }
  if (hook == Hook::timer) {
    NothingReader reader;
    return runner.call(hook, subject, reader) ? Actual{"done", {}, {}, {}, {}} : failed(runner);
  }
  if (!message_) {
    VerdictReader reader;
    return runner.call(hook, subject, reader) ? access_of(reader) : failed(runner);
  }
  OutcomeReader reader;
  if (!runner.call(hook, subject, reader)) return failed(runner);
  const Outcome& outcome = reader.outcome();
  if (outcome.kind == Outcome::Kind::drop) return {"drop", std::string(outcome.reason), {}, {}, {}};
  Actual actual{outcome.kind == Outcome::Kind::pass ? "pass" : "messages", {}, {}, {}, {}};
  if (outcome.kind == Outcome::Kind::pass) actual.messages.push_back(*message_);
  for (std::size_t i = 0; i < outcome.targets.size() && outcome.kind == Outcome::Kind::targets; ++i)
    actual.messages.push_back(OwnedMessage::of(compose(raw->message(), outcome.targets[i], wall)));
  return actual;
}

Actual CaseCall::run_function(const std::string& function, Runner& runner, const Subject& subject) const {
  Bound bound;
  if (!runner.bind(function.c_str(), arguments_, bound)) return failed(runner);
  VerdictReader reader;
  const bool went = runner.call(bound, function, subject, reader);
  runner.release(bound);
  if (!went) return failed(runner);
  return {reader.verdict() == VerdictReader::Verdict::yes ? "true" : "false", {}, {}, {}, {}};
}

Actual CaseCall::run_task(Runner& runner, const Subject& about) const {
  static const std::vector<std::pair<std::string, std::string>> kNothing;
  const trellis_credentials shown = credentials_of(credentials_ ? *credentials_ : kNothing);
  Subject subject = about;
  subject.credentials = &shown;
  subject.name_space = trellis::text(shown.name_space);
  GrantReader reader;
  Task task(runner, subject, reader);
  Task::State state = task.start(Hook::authenticate);
  for (std::size_t i = 0; state == Task::State::waiting; ++i)
    state = task.resume(i < http_.size()
                            ? http_[i]
                            : HttpAnswer{.error = "the case has no answer for this", .headers = {}, .body = {}});
  return state == Task::State::done ? grant_of(reader) : failed(runner);
}

}  // namespace lua

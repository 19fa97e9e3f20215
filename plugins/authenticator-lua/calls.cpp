#include "calls.hpp"

#include <algorithm>
#include <trellis/networks.hpp>
#include <utility>

#include "authenticator_lua.hpp"

namespace lua {
namespace {

using Decision = AuthenticatorLua::Decision;

trellis::http::ClientSettings client_settings(const CallSettings& settings) {
  trellis::http::ClientSettings made;
  made.connections_per_host = settings.connections;
  made.connections = settings.pending + 1;
  made.waiting = settings.pending + 1;
  made.connect_timeout = settings.timeout;
  return made;
}

bool is_here(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = trellis::ip_address(host);
  return address && trellis::is_loopback(*address);
}

/// Who fails to prove itself again loses what it has, whatever the reason.
trellis::Status unanswered(const trellis_credentials& shown) {
  return (shown.flags & TRELLIS_CREDENTIALS_REAUTHENTICATES) != 0 ? trellis::Status::not_authorized
                                                                  : trellis::Status::unavailable;
}

}  // namespace

Calls::Question::Question(const trellis::AuthRequest& asked, trellis::AuthReply answer, ShardScript& from)
    : credentials(asked),
      subject{.name_space = trellis::text(credentials.get().name_space), .credentials = &credentials.get()},
      script(from.script()),
      runner(*from.runner()),  // of that script, and not of one that came just now
      task(runner, subject, reader),
      reply(std::move(answer)),
      token(reply.token()),
      deadline_at(0) {}

Calls::Calls(AuthenticatorLua& owner, const trellis::Shard& shard)
    : owner_(owner),
      shard_(shard),
      script_(owner.script().open(shard)),
      client_(shard, client_settings(owner.settings()), owner.http()) {}

Calls::~Calls() {
  for (const auto& [token, question] : waiting_) owner_.leave(token);
  owner_.waiting().add_any(-static_cast<std::int64_t>(waiting_.size()));
}

void Calls::ask(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  script_->take();  // so that the question keeps the version it asks
  auto question = std::make_unique<Question>(request, std::move(reply), *script_);
  question->deadline_at = shard_.now() + owner_.settings().timeout;
  Task::State state{};
  {
    const TimedCall timed(*script_);
    state = question->task.start(Hook::authenticate);
  }
  go_on(std::move(question), state);
}

/// Until it has an answer, or waits.
void Calls::go_on(std::unique_ptr<Question> question, Task::State state) {
  while (state == Task::State::waiting) {
    trellis::http::Url url;
    std::string why = refusal(*question, url);
    if (why.empty()) {
      if (waiting_.size() >= owner_.settings().pending) {
        owner_.decided(Decision::overloaded).add(shard_);
        return question->reply.deny("too many questions are under way", unanswered(question->credentials.get()));
      }
      send(*question, std::move(url));
      return wait(std::move(question));
    }
    state = question->task.resume({.error = std::move(why), .headers = {}, .body = {}});
  }
  if (state == Task::State::failed) return fail(*question);
  answer(*question);
}

/// Why the request may not be sent; empty: it may.
std::string Calls::refusal(const Question& question, trellis::http::Url& url) const {
  if (question.requests >= kMostRequests) return "more than 8 requests for one client";
  auto read = trellis::http::parse_url(question.task.request().url);
  if (!read) return "the URL: " + read.error().text;
  const CallSettings& settings = owner_.settings();
  const bool v6 = read->host.find(':') != std::string::npos;
  const std::string with_port = (v6 ? "[" + read->host + "]" : read->host) + ":" + std::to_string(read->port);
  if (!settings.hosts.contains(read->host) && !settings.hosts.contains(with_port))
    return "the setting hosts does not have " + read->host;
  if (!read->secure && !settings.plain_http && !is_here(read->host))
    return "found an http:// URL, expected https://, or the setting plain_http";
  url = std::move(*read);
  return "";
}

void Calls::send(Question& question, trellis::http::Url url) {
  const HttpRequest& wanted = question.task.request();
  const auto left = question.deadline_at - shard_.now();
  trellis::http::ClientRequest request;
  request.method = wanted.method;
  request.url = std::move(url);
  request.headers = wanted.headers;
  request.body = wanted.body;
  request.deadline =
      std::max(std::chrono::milliseconds(1), wanted.timeout.count() > 0 ? std::min(left, wanted.timeout) : left);
  request.max_response_bytes = owner_.settings().answer_bytes;
  request.layer = owner_.settings().layer;
  ++question.requests;
  question.request = client_.send(
      std::move(request),
      [this, token = question.token](trellis::http::ClientResult result) { on_answer(token, std::move(result)); });
}

void Calls::wait(std::unique_ptr<Question> question) {
  const trellis_token token = question->token;
  if (!question->deadline.waiting()) {
    question->deadline = shard_.after(question->deadline_at - shard_.now(), [this, token] {
      const auto late = take(token);
      if (late == nullptr) return;
      owner_.decided(Decision::timeout).add(shard_);
      late->reply.deny("the script gave no answer in time", unanswered(late->credentials.get()));
    });
  }
  waiting_.emplace(token, std::move(question));
  owner_.enter(token, *this);
  owner_.waiting().add(shard_);
}

/// Out of those that wait; null where it is not among them.
std::unique_ptr<Calls::Question> Calls::take(trellis_token token) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return nullptr;
  auto question = std::move(found->second);
  waiting_.erase(found);
  owner_.leave(token);
  owner_.waiting().add(shard_, -1);
  if (question->request != 0) client_.cancel(question->request);
  return question;
}

void Calls::on_answer(trellis_token token, trellis::http::ClientResult result) {
  auto question = take(token);
  if (question == nullptr) return;
  question->request = 0;
  HttpAnswer answer;
  if (result) {
    answer.status = result->status;
    answer.headers = std::move(result->headers);
    answer.body = std::move(result->body);
  } else {
    answer.error = result.error().text;
  }
  Task::State state{};
  {
    const TimedCall timed(*script_);
    state = question->task.resume(std::move(answer));
  }
  go_on(std::move(question), state);
}

void Calls::abandon(trellis_token token) {
  const auto question = take(token);
  if (question == nullptr) return;
  question->reply.drop();
  owner_.decided(Decision::abandoned).add(shard_);
}

void Calls::answer(Question& question) {
  const GrantReader& grant = question.reader;
  if (grant.kind() == GrantReader::Kind::allow) return allow(question);
  if (grant.kind() == GrantReader::Kind::defer) {
    owner_.decided(Decision::defer).add(shard_);
    return question.reply.defer();
  }
  owner_.decided(Decision::deny).add(shard_);
  question.reply.deny(grant.reason().empty() ? "the script does not allow it" : grant.reason());
}

void Calls::allow(Question& question) {
  const GrantReader& from = question.reader;
  const std::chrono::milliseconds expires(from.expires_ms());
  if (expires.count() > 0 && expires <= shard_.wall()) {
    owner_.decided(Decision::deny).add(shard_);
    return question.reply.deny("the script allowed it until a time that is over");
  }
  owner_.decided(Decision::allow).add(shard_);
  trellis::Grant grant{
      .name = from.name(), .expires = expires, .own_attributes = from.has_attributes(), .token = expires.count() > 0};
  for (const auto& [name, value] : from.attributes()) grant.attributes.push_back({name, value});
  question.reply.allow(grant);
}

void Calls::fail(Question& question) {
  script_->failed(question.runner, "on_authenticate",
                  {"client", trellis::text(question.credentials.get().client_id).substr(0, 256)});
  owner_.decided(Decision::error).add(shard_);
  if (!owner_.settings().deny_on_error) return question.reply.defer();
  question.reply.deny("the script that judges clients failed", unanswered(question.credentials.get()));
}

}  // namespace lua

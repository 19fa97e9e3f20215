#include "call.hpp"

#include <utility>

#include "here.hpp"

namespace mqtt_http {
namespace {

constexpr std::string_view kAnonymous = "http";

std::string sentence(std::string_view reason) {
  return reason.empty() ? "the credentials are not accepted" : std::string(reason);
}

}  // namespace

Call::Call(Here& here, const trellis::Request& request, trellis::Reply reply, Doing doing)
    : here_(here),
      reply_(std::move(reply)),
      exchange_(*this),
      browser_(request, here.settings().origins),
      peer_(request.peer()),
      name_space_(request.name_space()),
      doing_(doing),
      secure_(!request.tls_version().empty()) {}

Call::~Call() = default;

void Call::with_client(const trellis::Request& request, Then then) {
  if (auto problem = Credentials::read(request.headers(), here_.settings().bearer_methods, credentials_))
    return refuse(*problem);
  if (!exchange_.keep(request)) return refuse({501, "requests of this protocol do not tell whose they are", {}});
  here_.hold(shared_from_this());
  then_ = std::move(then);
  ask();
}

void Call::with_client_again(Then then) {
  then_ = std::move(then);
  way_ = 0;
  denied_.reset();
  ask();
}

void Call::ask() { exchange_.authenticate(credentials_.way(way_)); }

void Call::on_authenticated(trellis_connection* connection, const trellis_auth_answer& answer, bool occupied) {
  const auto self = shared_from_this();
  if (over_) return;
  if (connection != nullptr) return let_in(connection);
  deny(answer, occupied);
}

// A token that is not for one method may be for the next. What the one said that knew it is what helps.
void Call::deny(const trellis_auth_answer& answer, bool occupied) {
  Problem problem{401, sentence(trellis::text(answer.reason)), "authorization"};
  if (answer.status == TRELLIS_UNAVAILABLE || answer.status == TRELLIS_INTERNAL) problem.status = 503;
  if (answer.status == TRELLIS_QUOTA) problem.status = 429;
  if (occupied)
    problem = {421, "this connection belongs to the client of a stream that is open on it; use one of its own", {}};
  if (!denied_ || answer.status != TRELLIS_BAD_METHOD) denied_ = std::move(problem);
  if (++way_ < credentials_.ways()) return ask();
  refuse(*denied_);
}

void Call::let_in(trellis_connection* connection) {
  const Tables& tables = here_.tables();
  trellis_connection_info info{};
  info.struct_size = sizeof info;
  tables.connection->info(connection, &info);
  if (info.name_space != name_space_)
    return refuse({421, "on a listener without TLS only the listener's own namespace can be used this way", {}});
  const trellis_identity* const identity = tables.identity->of(connection);
  if (identity == nullptr) return refuse({401, "the client is not known", {}});
  Caller caller{connection, std::string(trellis::text(identity->name)), {}, identity->expires_at_ms, {}};
  caller.identity = caller.name;
  if (caller.name.empty()) caller.name = kAnonymous;
  caller.limits.struct_size = sizeof caller.limits;
  trellis_error error{sizeof(trellis_error), 0, {}};
  const trellis_status admitted =
      tables.identity->admit(connection, trellis::view(caller.name), &caller.limits, &error);
  if (admitted != TRELLIS_OK)
    return refuse({admitted == TRELLIS_QUOTA ? 429u : 403u, sentence({error.text, error.size}), {}});
  std::exchange(then_, nullptr)(*this, caller);
}

void Call::answer(trellis::Response response) {
  if (over_) return;
  browser_.add(response.headers);
  response.headers.push_back({"x-content-type-options", "nosniff"});
  exchange_.release();
  if (reply_.send(response)) {
    here_.metrics().count(here_.shard(), doing_, response.status);
  } else {
    here_.metrics().aborted.add(here_.shard());
  }
  end();
}

void Call::refuse(const Problem& problem) {
  const std::string body = error_body(problem);
  trellis::Response response{.status = problem.status, .body = body, .content_type = "application/json"};
  response.headers.push_back({"x-ms-error-code", code_of(problem.status)});
  if (problem.status == 429 || problem.status == 503) response.headers.push_back({"retry-after", "1"});
  if (problem.status == 401) response.headers.push_back({"www-authenticate", "Bearer, Basic realm=\"mqtt\""});
  here_.mention(problem, peer_);
  answer(std::move(response));
}

bool Call::stream(const trellis::Response& head) {
  if (over_) return false;
  trellis::Response response = head;
  browser_.add(response.headers);
  response.headers.push_back({"x-content-type-options", "nosniff"});
  credentials_ = {};
  if (exchange_.stream(reply_, response)) {
    here_.metrics().count(here_.shard(), doing_, response.status);
    return true;
  }
  return false;
}

void Call::abandon() {
  over_ = true;
  then_ = nullptr;
  work_.reset();
  exchange_.end();
}

void Call::finish() {
  exchange_.end();
  end();
}

void Call::on_drain() {
  const auto self = shared_from_this();
  if (work_ != nullptr) work_->on_drain();
}

void Call::on_over() {
  const auto self = shared_from_this();
  if (over_) return;
  here_.metrics().aborted.add(here_.shard());
  if (work_ != nullptr) work_->on_gone();
  end();
}

// Its work goes a moment later: it may be what ends the call.
void Call::end() {
  if (std::exchange(over_, true)) return;
  then_ = nullptr;
  here_.let_go(*this);
}

}  // namespace mqtt_http

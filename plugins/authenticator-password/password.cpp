// Life cycle of the plugin and the way of a question: shard, check, answer.
#include "password.hpp"

#include <utility>
#include <vector>

#include "passwd.hpp"

namespace password {
namespace {

constexpr std::string_view kResultLabels[] = {"result=\"right\"", "result=\"wrong\"", "result=\"remembered\"",
                                              "result=\"overloaded\"", "result=\"given_up\""};

uint64_t monotonic_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

}  // namespace

trellis::Schema PasswordAuthenticator::schema() {
  return trellis::Schema{}
      .path("file", {.help = "File with one user:hash line per user. `trellis passwd FILE USER` manages it; files of "
                             "mosquitto_passwd are read too.",
                     .required = true})
      .duration("watch_interval",
                {.help = "How often to look whether the file changed. A changed file is read again; "
                         "one with mistakes is reported and leaves the old users in place. 0s: never.",
                 .fallback = "2s",
                 .minimum = "0s",
                 .maximum = "1h"})
      .integer("threads", {.help = "Most checks at the same time. Each needs the memory its hash asks for, 16 MiB for "
                                   "scrypt as `trellis passwd` makes it, and as much of a processor as it can get.",
                           .fallback = 1,
                           .minimum = 1,
                           .maximum = 64})
      .integer("queue", {.help = "Most clients waiting for a check; further ones are refused as unavailable.",
                         .fallback = 256,
                         .minimum = 1,
                         .maximum = 100'000})
      .integer("remembered_clients", {.help = "Most different passwords remembered as right, as keyed fingerprints in "
                                              "memory, so that clients that come back cost no hash. 0: none.",
                                      .fallback = 10'000,
                                      .minimum = 0,
                                      .maximum = 1'000'000})
      .duration("remembered_for", {.help = "How long a right password is remembered after its check.",
                                   .fallback = "5m",
                                   .minimum = "0s",
                                   .maximum = "1h"})
      .example(R"({"file": "/etc/trellis/users"})")
      .example(R"({"file": "users", "threads": 2, "remembered_for": "1m"})");
}

trellis::Result<void> PasswordAuthenticator::configure(const trellis::Config& config) {
  path_ = config.text("file");
  if (path_.empty()) return trellis::fail("/file: the path is empty");
  watch_interval_ = config.milliseconds("watch_interval");
  options_.threads = static_cast<size_t>(config.integer("threads"));
  options_.queue = static_cast<size_t>(config.integer("queue"));
  options_.cache_entries = static_cast<size_t>(config.integer("remembered_clients"));
  options_.cache_ms = static_cast<uint64_t>(config.milliseconds("remembered_for").count());
  options_.now_ms = &monotonic_ms;
  return trellis::ok();
}

trellis::Result<void> PasswordAuthenticator::start() {
  for (size_t i = 0; i < std::size(kResultLabels); ++i)
    checks_[i] = host().counter("trellis_password_checks_total", "Passwords judged, by result.", kResultLabels[i]);
  file_ = std::make_unique<common::WatchedFile<Users>>(
      path_, [this](std::string_view text, std::string& error) -> std::shared_ptr<const Users> {
        std::vector<std::string> errors;
        auto users = std::make_shared<const Users>(Users::parse(text, path_, errors));
        if (errors.empty()) return users;
        error = common::joined(errors);
        return nullptr;
      });
  std::string error;
  if (!file_->load(error)) return trellis::fail(error + "; `trellis passwd " + path_ + " USER` makes and manages it");
  verifier_ = std::make_unique<Verifier>(options_, [this](Verifier::Client client, Verifier::Outcome outcome) {
    answer(client, outcome == Verifier::Outcome::right   ? Result::right
                   : outcome == Verifier::Outcome::wrong ? Result::wrong
                                                         : Result::given_up);
  });
  if (!verifier_->start()) return trellis::fail("the system has no random numbers");
  if (watch_interval_.count() > 0) file_->watch(watch_interval_, [this](const std::string& why) { on_file_read(why); });
  return trellis::ok();
}

// Who is being judged is judged by the users of now.
void PasswordAuthenticator::drain(std::chrono::milliseconds) { file_->stop(); }

void PasswordAuthenticator::stop() {
  if (file_ != nullptr) file_->stop();
  if (verifier_ != nullptr) verifier_->stop();
}

void PasswordAuthenticator::on_file_read(const std::string& error) {
  if (error.empty()) {
    host().log(trellis::Level::info, "the file of users was read again",
               {{"file", path_}, {"users", file_->snapshot()->size()}});
  } else {
    host().log(trellis::Level::error, "the file of users cannot be used, the users of before stay",
               {{"file", path_}, {"error", error}});
  }
}

void PasswordAuthenticator::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  if (!request.has_username() || !request.has_password() || request.has_method()) return reply.defer();
  const trellis_token token = reply.token();
  questions_.put({std::move(reply), std::string(request.username)});
  switch (verifier_->check(*file_->snapshot(), request.username, request.password, token)) {
    case Verifier::Answer::right:
      return answer(token, Result::remembered);
    case Verifier::Answer::overloaded:
      return answer(token, Result::overloaded);
    case Verifier::Answer::waiting:
      return;
  }
}

void PasswordAuthenticator::on_abandoned(trellis_token token) noexcept {
  verifier_->abandon(token);
  if (auto question = questions_.take(token)) question->reply.drop();
}

void PasswordAuthenticator::answer(trellis_token token, Result result) {
  checks_[static_cast<size_t>(result)].add_any();
  auto question = questions_.take(token);
  if (!question) return;
  switch (result) {
    case Result::right:
    case Result::remembered:
      return question->reply.allow({.name = question->user});
    case Result::wrong:
      // One sentence for both: who asks shall not learn which names exist.
      return question->reply.bad_credentials("user name or password is wrong");
    case Result::overloaded:
      return question->reply.deny("too many passwords wait for a check", trellis::Status::unavailable);
    case Result::given_up:
      return question->reply.deny("the broker stops checking passwords", trellis::Status::unavailable);
  }
}

int PasswordAuthenticator::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  return run_passwd(words, common::Terminal::of(console));
}

}  // namespace password

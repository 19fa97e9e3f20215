// Reads the words, asks for the password, edits the file.
#include "user_command.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <trellis/json.hpp>
#include <utility>

#include "user_lines.hpp"
#include "watched_file/watched_file.hpp"
#include "write_file.hpp"

namespace common {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

/// Does what was asked for, on one file.
class Run {
 public:
  Run(const UserCommand& command, UserRequest request, const Terminal& terminal)
      : command_(command), request_(std::move(request)), terminal_(terminal) {}

  int run() {
    if (!read_file()) return kFailed;
    switch (request_.task) {
      case UserTask::list:
        return list();
      case UserTask::remove:
        return remove();
      default:
        return set();
    }
  }

 private:
  int fail(const std::string& why) const {
    terminal_.err("trellis " + std::string(command_.verb) + ": " + why + "\n");
    return kFailed;
  }

  /// Only setting a password may begin with a file that does not exist.
  bool read_file() {
    struct stat found {};
    if (request_.task == UserTask::set && ::stat(request_.file.c_str(), &found) != 0 && errno == ENOENT) return true;
    FileStamp stamp;
    std::string error;
    if (read_whole_file(request_.file, text_, stamp, error)) return true;
    fail(error);
    return false;
  }

  int finish(const std::string& text, std::string_view done) {
    if (const std::string error = replace_file(request_.file, text); !error.empty()) return fail(error);
    // What the broker would refuse: then it keeps to the old content.
    for (const std::string& error : command_.read(text, request_.file, [](auto, auto) {}))
      terminal_.err("warning: " + error + "\n");
    if (request_.json) {
      terminal_.out("{\"file\":" + trellis::json::quote(request_.file) +
                    ",\"user\":" + trellis::json::quote(request_.user) + ",\"done\":\"" + std::string(done) + "\"}\n");
    } else {
      terminal_.out("user " + request_.user + " " + std::string(done) + " in " + request_.file + "\n");
    }
    return kDone;
  }

  std::optional<std::string> ask() const {
    const bool twice = terminal_.interactive && !request_.once;
    auto password = terminal_.read_secret(twice ? "Password: " : "");
    if (!password || password->empty()) {
      fail("the password is empty");
      return std::nullopt;
    }
    if (!twice) return password;
    auto again = terminal_.read_secret("Password again: ");
    const bool same = again == password;
    if (again) OPENSSL_cleanse(again->data(), again->size());
    if (same) return password;
    OPENSSL_cleanse(password->data(), password->size());
    fail("the passwords differ; nothing was changed");
    return std::nullopt;
  }

  int set() {
    auto password = ask();
    if (!password) return kFailed;
    std::string why;
    const auto entry = command_.make_entry(*password, why);
    OPENSSL_cleanse(password->data(), password->size());
    if (!entry) return fail(why);
    const bool known = without_user(text_, request_.user).has_value();
    if (command_.prepare) text_ = command_.prepare(text_);
    return finish(with_user(text_, request_.user, *entry), known ? "changed" : "added");
  }

  int remove() {
    const auto text = without_user(text_, request_.user);
    if (!text) return fail("there is no user " + request_.user + " in " + request_.file);
    return finish(*text, "removed");
  }

  int list() const {
    std::string out = request_.json ? "{\"file\":" + trellis::json::quote(request_.file) + ",\"users\":[" : "";
    bool first = true;
    const auto errors = command_.read(text_, request_.file, [&](std::string_view user, std::string_view detail) {
      if (request_.json) {
        out += (std::exchange(first, false) ? "" : ",") + std::string("{\"user\":") + trellis::json::quote(user) +
               ",\"" + std::string(command_.detail) + "\":" + trellis::json::quote(detail) + "}";
      } else {
        out += std::string(user) + "\t" + std::string(detail) + "\n";
      }
    });
    terminal_.out(request_.json ? out + "]}\n" : out);
    for (const std::string& error : errors) terminal_.err(error + "\n");
    return errors.empty() ? kDone : kFailed;
  }

  const UserCommand& command_;
  const UserRequest request_;
  const Terminal& terminal_;
  std::string text_;
};

}  // namespace

Terminal Terminal::of(const trellis::Console& console) {
  return {.json = console.json(),
          .interactive = console.interactive(),
          .out = [&console](std::string_view text) { console.out(text); },
          .err = [&console](std::string_view text) { console.err(text); },
          .read_secret = [&console](std::string_view prompt) { return console.secret(prompt); }};
}

int run_user_command(const UserCommand& command, const std::vector<std::string_view>& words, const Terminal& terminal) {
  UserRequest request;
  request.json = terminal.json;
  std::string wrong = read_words(words, command.options, request);
  if (wrong.empty() && request.task == UserTask::set && command.check_name) wrong = command.check_name(request.user);
  if (!wrong.empty()) {
    terminal.err("trellis " + std::string(command.verb) + ": " + wrong + "\n\n" + std::string(command.manual));
    return kUsage;
  }
  if (request.task == UserTask::help) {
    terminal.out(command.manual);
    return kDone;
  }
  return Run(command, std::move(request), terminal).run();
}

}  // namespace common

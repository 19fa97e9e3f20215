// Reads the words, asks for the password, edits the file.
#include "passwd.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <trellis/json.hpp>
#include <utility>

#include "hash.hpp"
#include "passwd_words.hpp"
#include "user_file.hpp"
#include "watched_file/watched_file.hpp"
#include "write_file.hpp"

namespace password {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr std::string_view kManual =
    "Usage: trellis passwd FILE USER [--stdin] [--algorithm scrypt|pbkdf2]\n"
    "       trellis passwd FILE USER --delete\n"
    "       trellis passwd FILE --list\n"
    "\n"
    "Manages the file of users that the plugin authenticator-password reads. The file is made where there is none, "
    "and\n"
    "replaced as a whole, so that a running broker never sees half of it; it takes the change over by itself.\n"
    "\n"
    "  --stdin            read the password once, as one line of the standard input, also at a terminal\n"
    "  --algorithm NAME   scrypt (default: 16 MiB and tens of milliseconds per check) or pbkdf2 (SHA-512, no memory)\n"
    "  --delete           remove the user\n"
    "  --list             print the users and the algorithms of their hashes\n"
    "  -o json            print what was done as JSON\n"
    "  --help             print this\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

/// Does what was asked for, on one file.
class PasswordCommand {
 public:
  PasswordCommand(PasswdRequest request, const Terminal& terminal)
      : request_(std::move(request)), terminal_(terminal) {}

  int run() {
    if (!read_file()) return kFailed;
    switch (request_.task) {
      case PasswdTask::list:
        return list();
      case PasswdTask::remove:
        return remove();
      default:
        return set();
    }
  }

 private:
  int fail(const std::string& why) const {
    terminal_.err("trellis passwd: " + why + "\n");
    return kFailed;
  }

  /// Only setting a password may begin with a file that does not exist.
  bool read_file() {
    struct stat found {};
    if (request_.task == PasswdTask::set && ::stat(request_.file.c_str(), &found) != 0 && errno == ENOENT) return true;
    common::FileStamp stamp;
    std::string error;
    if (common::read_whole_file(request_.file, text_, stamp, error)) return true;
    fail(error);
    return false;
  }

  /// Warns where the file holds what the broker would refuse: then it keeps to the old content.
  void warn_about(std::string_view text) const {
    std::vector<std::string> errors;
    Users::parse(text, request_.file, errors);
    for (const std::string& error : errors) terminal_.err("warning: " + error + "\n");
  }

  int finish(const std::string& text, std::string_view done) {
    if (const std::string error = replace_file(request_.file, text); !error.empty()) return fail(error);
    warn_about(text);
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
    const auto hash = make_hash(request_.algorithm, *password);
    OPENSSL_cleanse(password->data(), password->size());
    if (!hash) return fail("cannot make a hash: OpenSSL has no memory or no random numbers");
    const bool known = without_user(text_, request_.user).has_value();
    return finish(with_user(text_, request_.user, format_hash(*hash)), known ? "changed" : "added");
  }

  int remove() {
    const auto text = without_user(text_, request_.user);
    if (!text) return fail("there is no user " + request_.user + " in " + request_.file);
    return finish(*text, "removed");
  }

  int list() const {
    std::vector<std::string> errors;
    const Users users = Users::parse(text_, request_.file, errors);
    std::string out = request_.json ? "{\"file\":" + trellis::json::quote(request_.file) + ",\"users\":[" : "";
    bool first = true;
    users.for_each([&](std::string_view user, const Hash& hash) {
      const std::string_view algorithm = name_of(hash.algorithm);
      if (request_.json) {
        out += (std::exchange(first, false) ? "" : ",") + std::string("{\"user\":") + trellis::json::quote(user) +
               ",\"algorithm\":\"" + std::string(algorithm) + "\"}";
      } else {
        out += std::string(user) + "\t" + std::string(algorithm) + "\n";
      }
    });
    terminal_.out(request_.json ? out + "]}\n" : out);
    for (const std::string& error : errors) terminal_.err(error + "\n");
    return errors.empty() ? kDone : kFailed;
  }

  const PasswdRequest request_;
  const Terminal& terminal_;
  std::string text_;
};

}  // namespace

int run_passwd(const std::vector<std::string_view>& words, const Terminal& terminal) {
  PasswdRequest request;
  request.json = terminal.json;
  if (const std::string wrong = read_words(words, request); !wrong.empty()) {
    terminal.err("trellis passwd: " + wrong + "\n\n" + std::string(kManual));
    return kUsage;
  }
  if (request.task == PasswdTask::help) {
    terminal.out(kManual);
    return kDone;
  }
  return PasswordCommand(std::move(request), terminal).run();
}

}  // namespace password

// What `trellis scram` writes and lists.
#include "scram_command.hpp"

#include <charconv>

#include "stored_key.hpp"
#include "user_file.hpp"

namespace scram {
namespace {

constexpr std::string_view kManual =
    "Usage: trellis scram FILE USER [--stdin] [--iterations N]\n"
    "       trellis scram FILE USER --delete\n"
    "       trellis scram FILE --list\n"
    "\n"
    "Manages the file of users that the plugin authenticator-scram reads. It holds no password, only the keys SCRAM\n"
    "checks with. The file is made where there is none, and replaced as a whole, so that a running broker never sees\n"
    "half of it; it takes the change over by itself.\n"
    "\n"
    "  --stdin            read the password once, as one line of the standard input, also at a terminal\n"
    "  --iterations N     how often the password is hashed (default: 100000, at least 4096). Who steals the file pays\n"
    "                     for each guess, and so does every client for each connection; the broker does not\n"
    "  --delete           remove the user\n"
    "  --list             print the users and their iterations\n"
    "  -o json            print what was done as JSON\n"
    "  --help             print this\n"
    "\n"
    "Names and passwords are printable ASCII.\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

std::string take_iterations(std::string_view text, std::uint32_t& iterations) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), iterations);
  const bool read = error == std::errc() && end == text.data() + text.size();
  return read && iterations >= kFewestIterations && iterations <= kMostIterations ? "" : "4096 to 10000000";
}

}  // namespace

int run_scram(const std::vector<std::string_view>& words, const common::Terminal& terminal) {
  std::uint32_t iterations = kUsualIterations;
  common::UserCommand command{.verb = "scram", .manual = kManual, .detail = "iterations"};
  command.options = {{"--iterations", [&](std::string_view text) { return take_iterations(text, iterations); }}};
  command.prepare = &with_decoy_secret;
  command.check_name = [](std::string_view user) { return text_error("user name", user); };
  command.make_entry = [&](std::string_view password, std::string& why) -> std::optional<std::string> {
    why = text_error("password", password);
    if (!why.empty()) return std::nullopt;
    if (const auto key = make_stored_key(password, iterations)) return format_stored_key(*key);
    why = "cannot make keys: OpenSSL has no memory or no random numbers";
    return std::nullopt;
  };
  command.read = [](std::string_view text, const std::string& file, const common::UserCommand::Visit& visit) {
    std::vector<std::string> errors;
    Users::parse(text, file, {}, errors).for_each([&](std::string_view user, const StoredKey& key) {
      visit(user, std::to_string(key.iterations));
    });
    return errors;
  };
  return common::run_user_command(command, words, terminal);
}

}  // namespace scram

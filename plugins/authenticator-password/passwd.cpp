// What `trellis passwd` writes and lists.
#include "passwd.hpp"

#include "user_file.hpp"

namespace password {
namespace {

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

std::string take_algorithm(std::string_view name, Algorithm& algorithm) {
  for (const Algorithm one : {Algorithm::scrypt, Algorithm::pbkdf2}) {
    if (name != name_of(one)) continue;
    algorithm = one;
    return {};
  }
  return "scrypt or pbkdf2";
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::scrypt:
      return "scrypt";
    case Algorithm::pbkdf2:
      return "pbkdf2";
    case Algorithm::mosquitto_sha512:
      return "mosquitto-sha512";
    case Algorithm::mosquitto_pbkdf2:
      return "mosquitto-pbkdf2";
  }
  return "";
}

int run_passwd(const std::vector<std::string_view>& words, const Terminal& terminal) {
  Algorithm algorithm = Algorithm::scrypt;
  common::UserCommand command{.verb = "passwd", .manual = kManual, .detail = "algorithm"};
  command.options = {{"--algorithm", [&](std::string_view name) { return take_algorithm(name, algorithm); }}};
  command.make_entry = [&](std::string_view password, std::string& why) -> std::optional<std::string> {
    if (const auto hash = make_hash(algorithm, password)) return format_hash(*hash);
    why = "cannot make a hash: OpenSSL has no memory or no random numbers";
    return std::nullopt;
  };
  command.read = [](std::string_view text, const std::string& file, const common::UserCommand::Visit& visit) {
    std::vector<std::string> errors;
    Users::parse(text, file, errors).for_each([&](std::string_view user, const Hash& hash) {
      visit(user, name_of(hash.algorithm));
    });
    return errors;
  };
  return common::run_user_command(command, words, terminal);
}

}  // namespace password

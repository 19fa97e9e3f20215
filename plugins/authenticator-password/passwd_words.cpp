// Options may stand anywhere among the names; after "--" all words are names.
#include "passwd_words.hpp"

#include "user_file.hpp"

namespace password {
namespace {

/// Takes the words of the command line one after the other.
class WordReader {
 public:
  explicit WordReader(const std::vector<std::string_view>& words) : words_(words) {}

  /// Answers what is wrong, or an empty text.
  std::string read(PasswdRequest& request) {
    std::vector<std::string_view> names;
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_];
      if (word == "--") {
        names.insert(names.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_) + 1, words_.end());
        break;
      }
      if (!word.starts_with('-') || word == "-") {
        names.push_back(word);
      } else if (const std::string wrong = read_option(word, request); !wrong.empty()) {
        return wrong;
      }
    }
    return read_names(names, request);
  }

 private:
  std::string read_option(std::string_view word, PasswdRequest& request) {
    if (word == "--help" || word == "-h") {
      request.task = PasswdTask::help;
    } else if (word == "--delete") {
      return choose(PasswdTask::remove, request);
    } else if (word == "--list") {
      return choose(PasswdTask::list, request);
    } else if (word == "--stdin") {
      request.once = true;
    } else if (word == "--algorithm" || word.starts_with("--algorithm=")) {
      return read_algorithm(value_of(word, "--algorithm"), request);
    } else if (word == "-o" || word == "--output" || word.starts_with("--output=")) {
      const std::string_view format = word == "-o" ? value_of(word, "-o") : value_of(word, "--output");
      if (format != "json" && format != "text") return "after " + std::string(word) + ": expected text or json";
      request.json = format == "json";
    } else {
      return "unknown option " + std::string(word);
    }
    return {};
  }

  static std::string choose(PasswdTask task, PasswdRequest& request) {
    if (request.task != PasswdTask::help && request.task != PasswdTask::set && request.task != task)
      return "--delete and --list exclude each other";
    if (request.task != PasswdTask::help) request.task = task;
    return {};
  }

  static std::string read_algorithm(std::string_view name, PasswdRequest& request) {
    for (const Algorithm algorithm : {Algorithm::scrypt, Algorithm::pbkdf2}) {
      if (name != name_of(algorithm)) continue;
      request.algorithm = algorithm;
      return {};
    }
    return "after --algorithm: found \"" + std::string(name) + "\", expected scrypt or pbkdf2";
  }

  /// What follows the option: after '=' or as the next word.
  std::string_view value_of(std::string_view word, std::string_view option) {
    if (word.size() > option.size()) return word.substr(option.size() + 1);
    return at_ + 1 < words_.size() ? words_[++at_] : std::string_view{};
  }

  static std::string read_names(const std::vector<std::string_view>& names, PasswdRequest& request) {
    if (request.task == PasswdTask::help) return {};
    const size_t expected = request.task == PasswdTask::list ? 1 : 2;
    if (names.size() < expected) return names.empty() ? "the file is missing" : "the user is missing";
    if (names.size() > expected) return "unexpected word \"" + std::string(names[expected]) + "\"";
    request.file = names[0];
    if (expected == 2) request.user = names[1];
    return expected == 2 ? user_name_error(request.user) : std::string{};
  }

  const std::vector<std::string_view>& words_;
  size_t at_ = 0;
};

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

std::string read_words(const std::vector<std::string_view>& words, PasswdRequest& request) {
  return WordReader(words).read(request);
}

}  // namespace password

// Options may stand anywhere among the names; after "--" all words are names.
#include "user_words.hpp"

#include "user_lines.hpp"

namespace common {
namespace {

/// Takes the words of the command line one after the other.
class WordReader {
 public:
  WordReader(const std::vector<std::string_view>& words, const std::vector<OwnOption>& own)
      : words_(words), own_(own) {}

  /// Answers what is wrong, or an empty text.
  std::string read(UserRequest& request) {
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
  std::string read_option(std::string_view word, UserRequest& request) {
    if (word == "--help" || word == "-h") {
      request.task = UserTask::help;
    } else if (word == "--delete") {
      return choose(UserTask::remove, request);
    } else if (word == "--list") {
      return choose(UserTask::list, request);
    } else if (word == "--stdin") {
      request.once = true;
    } else if (word == "-o" || word == "--output" || word.starts_with("--output=")) {
      const std::string_view format = word == "-o" ? value_of(word, "-o") : value_of(word, "--output");
      if (format != "json" && format != "text") return "after " + std::string(word) + ": expected text or json";
      request.json = format == "json";
    } else {
      return read_own_option(word);
    }
    return {};
  }

  std::string read_own_option(std::string_view word) {
    for (const OwnOption& option : own_) {
      if (word.substr(0, word.find('=')) != option.name) continue;
      const std::string_view value = value_of(word, option.name);
      const std::string expected = option.take(value);
      if (expected.empty()) return {};
      return "after " + std::string(option.name) + ": found \"" + std::string(value) + "\", expected " + expected;
    }
    return "unknown option " + std::string(word);
  }

  static std::string choose(UserTask task, UserRequest& request) {
    if (request.task != UserTask::help && request.task != UserTask::set && request.task != task)
      return "--delete and --list exclude each other";
    if (request.task != UserTask::help) request.task = task;
    return {};
  }

  /// What follows the option: after '=' or as the next word.
  std::string_view value_of(std::string_view word, std::string_view option) {
    if (word.size() > option.size()) return word.substr(option.size() + 1);
    return at_ + 1 < words_.size() ? words_[++at_] : std::string_view{};
  }

  static std::string read_names(const std::vector<std::string_view>& names, UserRequest& request) {
    if (request.task == UserTask::help) return {};
    const size_t expected = request.task == UserTask::list ? 1 : 2;
    if (names.size() < expected) return names.empty() ? "the file is missing" : "the user is missing";
    if (names.size() > expected) return "unexpected word \"" + std::string(names[expected]) + "\"";
    request.file = names[0];
    if (expected == 2) request.user = names[1];
    return expected == 2 ? user_name_error(request.user) : std::string{};
  }

  const std::vector<std::string_view>& words_;
  const std::vector<OwnOption>& own_;
  size_t at_ = 0;
};

}  // namespace

std::string read_words(const std::vector<std::string_view>& words, const std::vector<OwnOption>& own,
                       UserRequest& request) {
  return WordReader(words, own).read(request);
}

}  // namespace common

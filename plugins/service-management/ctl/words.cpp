// Options may stand anywhere; after "--" all words are names.
#include "ctl/words.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace management::ctl {
namespace {

/// What an action takes. options: those beside the ones that all have.
struct Action {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  std::string_view names;
  std::string_view options;
};

constexpr Action kActions[] = {
    {"get", 1, 2, "TYPE [NAME]", "--filter"},
    {"list", 1, 1, "TYPE", "--filter"},
    {"put", 2, 100, "TYPE NAME -f FILE | TYPE NAME key=value…", "-f"},
    {"patch", 2, 100, "TYPE NAME -f FILE | TYPE NAME key=value…", "-f"},
    {"delete", 2, 2, "TYPE NAME", ""},
    {"apply", 0, 0, "-f FILE|FOLDER|-", "-f"},
    {"plan", 0, 0, "-f FILE|FOLDER|-", "-f"},
    {"watch", 1, 1, "TYPE", ""},
    {"explain", 0, 0, "--client C --publish T | --subscribe F", "--client --publish --subscribe"},
    {"backup", 1, 1, "NAME", ""},
    {"topic", 1, 2, "create|update|show|list|delete NAME", "--filter --retention --durability --mqtt --set"},
    {"subscription", 1, 2, "create|update|show|list|delete TOPIC/NAME",
     "--lock --max-deliveries --ttl --type --filter --sql --set --push --to --order-by --retry-delay "
     "--retry-profile --parallel --pause --resume"},
    {"publish", 1, 1, "TOPIC", "--events --key --type --source --subject --id --data --event --batch"},
    {"receive", 1, 1, "TOPIC/SUBSCRIPTION", "--events --key --max --wait --ack --release --reject --follow"},
    {"tail", 1, 1, "TOPIC", "--events --key --type --filter --sql"},
    {"deadletter", 2, 3, "list|show|redrive TOPIC/SUBSCRIPTION [ID[/INDEX]]", "--events --key --max --from-topic"},
    {"deliveries", 1, 1, "TOPIC/SUBSCRIPTION", "--events --key"},
    {"record", 1, 1, "FILTER", "--mqtt-api --user --max"},
    {"keys", 1, 2, "list|regenerate key1|key2", ""},
    {"namespaces", 0, 0, "", ""},
    {"types", 0, 0, "", ""}};

constexpr std::string_view kOptions[] = {"--server", "--token-file", "--namespace", "--filter",
                                         "--client", "--publish",    "--subscribe", "-f",
                                         "-o",       "--output",     "--timeout"};

/// Whether an option of what is about events has a value.
enum class Takes { value, nothing, maybe_a_number };

struct EventOption {
  std::string_view name;
  Takes takes = Takes::value;
};

constexpr EventOption kEventOptions[] = {{"--events"},
                                         {"--key"},
                                         {"--retention"},
                                         {"--durability"},
                                         {"--mqtt"},
                                         {"--set"},
                                         {"--lock"},
                                         {"--max-deliveries"},
                                         {"--ttl"},
                                         {"--type"},
                                         {"--sql"},
                                         {"--source"},
                                         {"--subject"},
                                         {"--id"},
                                         {"--data"},
                                         {"--event"},
                                         {"--max"},
                                         {"--mqtt-api"},
                                         {"--user"},
                                         {"--wait"},
                                         {"--push"},
                                         {"--to"},
                                         {"--order-by"},
                                         {"--retry-delay"},
                                         {"--retry-profile"},
                                         {"--parallel"},
                                         {"--pause", Takes::nothing},
                                         {"--resume", Takes::nothing},
                                         {"--batch", Takes::nothing},
                                         {"--ack", Takes::nothing},
                                         {"--release", Takes::maybe_a_number},
                                         {"--reject", Takes::nothing},
                                         {"--follow", Takes::nothing},
                                         {"--from-topic", Takes::nothing}};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Of those that speak to the event API alone.
bool is_of_events(const Action& action) {
  return action.options.find("--events") != std::string_view::npos && action.name != "tail";
}

const Action* find_action(std::string_view name) {
  const auto* const found = std::ranges::find(kActions, name, &Action::name);
  return found == std::end(kActions) ? nullptr : found;
}

/// Takes the words of the command line one after the other.
class WordReader {
 public:
  WordReader(const std::vector<std::string_view>& words, CtlRequest& request) : words_(words), request_(request) {}

  /// Answers what is wrong, or an empty text.
  std::string read() {
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_];
      if (word == "--") {
        while (++at_ < words_.size()) take_name(words_[at_]);
      } else if (!word.starts_with('-') || word == "-") {
        take_name(word);
      } else if (std::string wrong = read_option(word); !wrong.empty()) {
        return wrong;
      }
    }
    return request_.help ? "" : check();
  }

 private:
  void take_name(std::string_view word) {
    if (request_.action.empty()) {
      request_.action = word;
    } else {
      request_.names.emplace_back(word);
    }
  }

  std::string read_option(std::string_view word) {
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    std::string name(word.substr(0, equals));
    if (name == "--help" || name == "-h") {
      request_.help = true;
      return {};
    }
    if (name == "--file") name = "-f";
    if (name == "--token")
      return "a token on the command line is seen by everybody on this machine; put it into a file, or into the "
             "environment as TRELLIS_TOKEN";
    const auto* const of_events = std::ranges::find(kEventOptions, name, &EventOption::name);
    const bool known = of_events != std::end(kEventOptions);
    if (!known && std::ranges::find(kOptions, name) == std::end(kOptions)) return "unknown option " + name;
    std::string value;
    if (known && of_events->takes != Takes::value) return take_flag(*of_events, name, word.substr(name.size()));
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (at_ + 1 < words_.size()) {
      value = words_[++at_];
    } else {
      return "after " + name + ": a value is missing";
    }
    return known ? take_given(name, value) : take_option(name, value);
  }

  // rest: "=VALUE", or nothing.
  std::string take_flag(const EventOption& option, const std::string& name, std::string_view rest) {
    const bool number = option.takes == Takes::maybe_a_number;
    if (!number && !rest.empty()) return name + " takes no value";
    std::string value(rest.empty() ? rest : rest.substr(1));
    if (number && rest.empty() && at_ + 1 < words_.size() && is_value_of_flag(words_[at_ + 1])) value = words_[++at_];
    if (!value.empty() && !is_number(value)) return "after " + name + ": expected seconds, found \"" + value + '"';
    request_.given[name].push_back(value);
    used_.push_back(name);
    return {};
  }

  // The name that may stand there has a slash in it.
  bool is_value_of_flag(std::string_view word) const {
    if (is_number(word)) return true;
    return !request_.action.empty() && !word.empty() && !word.starts_with('-') && word.find('/') == std::string::npos;
  }

  std::string take_given(const std::string& name, const std::string& value) {
    if (value.empty() && name == "--subject")
      return "after --subject: found an empty text; an event that has no subject is published without --subject";
    if (value.empty() && name != "--data") return "after " + name + ": a value is missing";
    request_.given[name].push_back(value);
    used_.push_back(name);
    return {};
  }

  std::string take_option(const std::string& name, const std::string& value) {
    const std::pair<std::string_view, std::string*> texts[] = {
        {"--server", &request_.server},        {"--token-file", &request_.token_file},
        {"--namespace", &request_.name_space}, {"--filter", &request_.filter},
        {"--client", &request_.client},        {"--publish", &request_.publish},
        {"--subscribe", &request_.subscribe}};
    for (const auto& [option, text] : texts) {
      if (name != option) continue;
      *text = value;
      used_.push_back(name);
      return value.empty() ? "after " + name + ": a value is missing" : "";
    }
    if (name == "-f") {
      request_.files.push_back(value);
      used_.push_back(name);
    } else if (name == "-o" || name == "--output") {
      if (value != "json" && value != "text") return "after " + name + ": expected text or json";
      request_.json = value == "json";
    } else if (name == "--timeout") {
      int seconds = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (parsed.ec != std::errc{} || parsed.ptr != value.data() + value.size() || seconds < 1 || seconds > 3600)
        return "after --timeout: expected seconds, 1 to 3600";
      request_.timeout = std::chrono::seconds(seconds);
    }
    return {};
  }

  std::string check() const {
    if (request_.action.empty()) return "what is to be done is missing";
    const Action* const action = find_action(request_.action);
    if (action == nullptr) return "unknown action \"" + request_.action + '"';
    const std::string usage = "usage: trellis ctl " + request_.action + ' ' + std::string(action->names);
    if (request_.names.size() < action->least || request_.names.size() > action->most) return usage;
    for (const std::string& option : used_) {
      if (option == "--namespace" && is_of_events(*action))
        return "--namespace does not belong to " + request_.action +
               ": events are those of the namespace that the listener at --events serves, which its \"namespace\" in "
               "the broker's configuration says; name another listener's address";
      const bool common = option == "--server" || option == "--token-file" || option == "--namespace";
      if (!common && (' ' + std::string(action->options) + ' ').find(' ' + option + ' ') == std::string::npos)
        return option + " does not belong to " + request_.action;
    }
    return check_sources(usage);
  }

  std::string check_sources(const std::string& usage) const {
    const std::string& action = request_.action;
    const bool pairs = request_.names.size() > 2;
    if ((action == "put" || action == "patch") && (pairs ? !request_.files.empty() : request_.files.size() != 1))
      return usage;
    if ((action == "apply" || action == "plan") && request_.files.empty()) return usage;
    if (action == "explain" && (request_.client.empty() || request_.publish.empty() == request_.subscribe.empty()))
      return usage;
    return {};
  }

  const std::vector<std::string_view>& words_;
  CtlRequest& request_;
  std::size_t at_ = 0;
  std::vector<std::string> used_;
};

}  // namespace

std::string read_words(const std::vector<std::string_view>& words, CtlRequest& request) {
  return WordReader(words, request).read();
}

}  // namespace management::ctl

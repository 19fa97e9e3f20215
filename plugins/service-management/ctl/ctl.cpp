#include "ctl/ctl.hpp"

#include <algorithm>
#include <thread>

#include "ctl/apply.hpp"
#include "ctl/backup.hpp"
#include "ctl/dead_letters.hpp"
#include "ctl/deliveries.hpp"
#include "ctl/event_words.hpp"
#include "ctl/keys.hpp"
#include "ctl/manifests.hpp"
#include "ctl/manual.hpp"
#include "ctl/overview.hpp"
#include "ctl/printable.hpp"
#include "ctl/publish.hpp"
#include "ctl/receive.hpp"
#include "ctl/record.hpp"
#include "ctl/server.hpp"
#include "ctl/show.hpp"
#include "ctl/words.hpp"
#include "query.hpp"
#include "route.hpp"

namespace management::ctl {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::chrono::seconds kWatchTime{25};  // for which the broker lets a request wait
constexpr std::chrono::seconds kLongestPause{30};

/// Does what was asked for.
class Command {
 public:
  Command(const CtlRequest& request, Server& server, const Terminal& terminal)
      : request_(request), server_(server), terminal_(terminal) {}

  int run() {
    const std::string& action = request_.action;
    if (action == "get" && request_.names.size() == 2) return get();
    if (action == "get" || action == "list") return list();
    if (action == "put") return change("PUT", "application/json");
    if (action == "patch") return change("PATCH", "application/merge-patch+json");
    if (action == "delete") return remove();
    if (action == "watch") return watch();
    if (action == "explain") return explain();
    if (action == "backup") return run_backup(request_, server_, terminal_);
    if (action == "keys") return run_keys(request_, server_, terminal_);
    if (action == "tail") return run_tail(request_, server_, terminal_);
    if (action == "namespaces") return print_namespaces(server_, terminal_);
    if (action == "types") return print_types(server_, terminal_);
    return run_apply(request_, server_, terminal_);
  }

 private:
  int fail(const std::string& why) const {
    terminal_.err("trellis ctl " + (request_.called.empty() ? request_.action : request_.called) + ": " + why + "\n");
    return kFailed;
  }
  std::string item() const { return server_.item(request_.names[0], request_.names[1]); }
  std::string what() const { return request_.names[0] + '/' + request_.names[1]; }
  // Many sentences begin with it.
  std::string with_name(const std::string& sentence) const {
    return sentence.starts_with(what()) ? sentence : what() + ": " + sentence;
  }
  void print(const Value& value) const { terminal_.out((terminal_.json ? in_one_line(value) : pretty(value)) + '\n'); }

  int get() {
    const auto json = server_.get(item());
    if (!json) return fail(json.error().text);
    print(json->value);
    return kDone;
  }

  // A word alone is part of a name.
  std::string filter() const {
    const std::string& text = request_.filter;
    if (text.empty()) return {};
    std::string quoted;
    for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
    return "&$filter=" +
           percent_encode(text.find_first_of(" (") == std::string::npos ? "contains(name,'" + quoted + "')" : text);
  }

  // Pages one after the other: what is printed already needs no memory.
  int list() {
    const std::string& type = request_.names[0];
    const std::string all = request_.parent_type.empty()
                                ? server_.collection(type)
                                : server_.collection_of(request_.parent_type, request_.names[1], type);
    const std::string first = all + "?$top=100" + filter();
    for (std::string path = first; !path.empty();) {
      const auto page = server_.get(same_word(request_.names[0], kNamespaces) ? "/namespaces" : path);
      if (!page) return fail(page.error().text);
      const Value* const values = page->value.find("value");
      if (values == nullptr) return fail("the answer is none of a management API");
      if (path == first && !terminal_.json) terminal_.out(line("NAME", "CHANGED", "MANAGED BY"));
      for (const Value& one : values->items) print_listed(one);
      static constexpr std::string_view kToken = "&$skipToken=";
      const std::string link(page->text_of("nextLink"));
      const std::size_t token = link.find(kToken);
      path = token == std::string::npos ? "" : first + link.substr(token);
    }
    return kDone;
  }
  static std::string line(const std::string& name, const std::string& changed, const std::string& managed) {
    std::string out = name + std::string(name.size() < 40 ? 40 - name.size() : 1, ' ') + ' ' + changed;
    if (!managed.empty()) out += std::string(changed.size() < 26 ? 26 - changed.size() : 1, ' ') + managed;
    return out + '\n';
  }
  void print_listed(const Value& one) const {
    if (terminal_.json) return print(one);
    const auto text = [](const Value* value, std::string_view key) { return printable_in_line(text_at(value, key)); };
    terminal_.out(line(printable_in_line(name_of(&one)), text(one.find("systemData"), "lastModifiedAt"),
                       text(&one, "managedBy")));
  }

  int change(std::string_view method, std::string_view media_type) {
    const bool pairs = request_.files.empty();
    const auto properties = request_.properties ? *request_.properties
                            : pairs             ? read_pairs({request_.names.begin() + 2, request_.names.end()})
                                                : read_one(request_.files.front(), terminal_);
    if (!properties) return fail(properties.error().text);
    const auto answer = server_.ask({.method = std::string(method),
                                     .target = item(),
                                     .media_type = std::string(media_type),
                                     .body = "{\"properties\":" + *properties + '}',
                                     .only_new = request_.only_new});
    if (!answer) return fail(answer.error().text);
    if (answer->status == 412 && request_.only_new) return fail(what() + " is there already; update changes it");
    if (answer->status >= 300) return fail(with_name(sentence_of(*answer)) + hint(*properties));
    return done(*answer, answer->status == 201 ? "created" : method == "PUT" ? "put" : "patched");
  }

  // Files of resources by type look much the same.
  std::string hint(const std::string& properties) const {
    const auto value = trellis::json::parse(properties);
    const Value* const of_type = value && !request_.files.empty() ? value->find(request_.names[0]) : nullptr;
    if (of_type == nullptr || of_type->type != Type::object) return {};
    return "\n  the file has resources by type: trellis ctl apply -f " + request_.files.front() + " takes it";
  }

  int remove() {
    const auto answer = server_.ask("DELETE", item());
    if (!answer) return fail(answer.error().text);
    if (answer->status == 204) return fail(what() + " is not there");
    if (answer->status >= 300) return fail(with_name(sentence_of(*answer)));
    return done(*answer, "deleted");
  }
  int done(const HttpAnswer& answer, std::string_view outcome) const {
    terminal_.out(terminal_.json ? answer.body + '\n' : what() + ' ' + std::string(outcome) + '\n');
    return kDone;
  }

  // A broker that starts anew is waited for, but one that never was there is not.
  int watch() {
    std::string from = "now";
    bool was_there = false;
    std::chrono::seconds pause{1};
    while (true) {
      const auto begin = std::chrono::steady_clock::now();
      const auto answer = server_.ask("GET", server_.collection(request_.names[0]) + "?watch=" + percent_encode(from),
                                      {}, {}, kWatchTime);
      const bool gone = !answer || (answer->status >= 502 && answer->status <= 504);
      if (gone && was_there) {
        const std::string why = answer ? sentence_of(*answer) : answer.error().text;
        terminal_.err("trellis ctl watch: " + why + "; trying again in " + std::to_string(pause.count()) + " s\n");
        terminal_.wait(pause);
        pause = std::min(pause * 2, kLongestPause);
        continue;
      }
      if (!answer) return fail(answer.error().text);
      if (answer->status == 410) {
        terminal_.err("trellis ctl watch: too far behind, some changes are not shown\n");
        from = "now";
        continue;
      }
      if (answer->status >= 300) return fail(sentence_of(*answer));
      const auto json = read_json_text(answer->body);
      const Value* const changes = json ? json->value.find("value") : nullptr;
      if (changes == nullptr) return fail("the answer is none of a management API");
      was_there = true;
      pause = std::chrono::seconds{1};
      for (const Value& one : changes->items) print_change(one);
      from = json->text_of("revision");
      // Nothing at once: whoever answers is about to end, and would do so again and again.
      if (changes->items.empty() && std::chrono::steady_clock::now() - begin < pause) terminal_.wait(pause);
    }
  }
  void print_change(const Value& change) const {
    if (terminal_.json) return terminal_.out(in_one_line(change) + '\n');
    const std::string kind = text_at(&change, "change");
    const Value* const resource = change.find("resource");
    const Value* const properties = resource == nullptr ? nullptr : resource->find("properties");
    const std::string_view sign = kind == "created" ? "+ " : kind == "changed" ? "~ " : "- ";
    std::string out = std::string(sign) + request_.names[0] + '/' + printable_in_line(name_of(resource));
    if (kind != "removed" && properties != nullptr) out += ' ' + in_one_line(*properties);
    terminal_.out(out + '\n');
  }

  int explain() {
    const bool publishes = !request_.publish.empty();
    std::string path = server_.space() + "/explain?client=" + percent_encode(request_.client);
    path +=
        publishes ? "&publish=" + percent_encode(request_.publish) : "&subscribe=" + percent_encode(request_.subscribe);
    const auto json = server_.get(path);
    if (!json) return fail(json.error().text);
    const Value* const allowed = json->value.find("allowed");
    if (allowed == nullptr) return fail("the answer is none of a management API");
    if (terminal_.json) {
      terminal_.out(in_one_line(json->value) + '\n');
    } else {
      std::vector<std::vector<std::string>> rows;
      if (const Value* steps = json->value.find("steps")) {
        for (const Value& step : steps->items) rows.push_back({text_at(&step, "what"), text_at(&step, "found")});
      }
      terminal_.out(table(rows) + (allowed->boolean ? "allowed\n" : "not allowed\n"));
    }
    return allowed->boolean ? kDone : kFailed;
  }

  const CtlRequest& request_;
  Server& server_;
  const Terminal& terminal_;
};

}  // namespace

int run_ctl(const std::vector<std::string_view>& words, Terminal terminal) {
  CtlRequest request;
  request.json = terminal.json;
  const auto misused = [&](const std::string& wrong) {
    terminal.err("trellis ctl: " + wrong + "\nTry: trellis ctl --help\n");
    return kUsage;
  };
  if (const std::string wrong = read_words(words, request); !wrong.empty()) return misused(wrong);
  if (request.help) {
    terminal.out(manual());
    return kDone;
  }
  terminal.json = request.json;
  terminal.progress = terminal.err;
  if (!terminal.wait) terminal.wait = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
  terminal.err = [raw = terminal.progress](std::string_view text) { raw(printable(text)); };
  // JSON is for programs, which get what there is.
  if (!terminal.json) terminal.out = [raw = terminal.out](std::string_view text) { raw(printable(text)); };
  if (request.action == "publish") return run_publish(request, terminal);
  if (request.action == "receive") return run_receive(request, terminal);
  if (request.action == "record") return run_record(request, terminal);
  if (request.action == "deliveries") return run_deliveries(request, terminal);
  if (request.action == "deadletter") return run_dead_letters(request, terminal);
  if (request.action == "keys") {
    if (const std::string wrong = check_keys_words(request); !wrong.empty()) return misused(wrong);
  }
  if (request.action == "topic" || request.action == "subscription") {
    const auto used = use_event_words(request);
    if (!used && used.error().status == trellis::Status::invalid) return misused(used.error().text);
    if (!used) {
      terminal.err("trellis ctl " + request.called + ": " + used.error().text + "\n");
      return kFailed;
    }
  }
  const auto server = Server::open(request, terminal);
  if (!server) {
    terminal.err("trellis ctl: " + server.error().text + "\n");
    return kUsage;
  }
  return Command(request, **server, terminal).run();
}

}  // namespace management::ctl

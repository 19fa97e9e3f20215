#include "ctl/apply.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "ctl/manifests.hpp"
#include "ctl/order.hpp"
#include "ctl/printable.hpp"

namespace management::ctl {
namespace {

using trellis::json::quote;
using trellis::json::Value;

struct Outcome {
  std::string_view name;
  std::string_view sign;
  std::size_t count = 0;
};

std::string body_of(const Batch& batch) {
  std::string body = "[";
  for (const Manifest* one : batch.manifests) {
    if (body.size() > 1) body += ",\n";
    body += R"({"type":)" + quote(one->type) + R"(,"name":)" + quote(one->name) + R"(,"properties":)" +
            one->properties.value_or("null") + '}';
  }
  return body + ']';
}

/// Sends calls one after the other, until one is refused.
class Applier {
 public:
  Applier(const CtlRequest& request, Server& server, const Terminal& terminal)
      : dry_(request.action == "plan"), request_(request), server_(server), terminal_(terminal) {}

  int run() {
    auto manifests = read_manifests(request_.files, terminal_);
    if (!manifests) return fail(manifests.error().text);
    manifests_ = std::move(manifests).value();
    const auto types = server_.get("/types");
    if (!types) return fail(types.error().text);
    const TypeOrder order(types->value);
    if (!all_known(order)) return fail("nothing was changed; \"trellis ctl types\" prints the types there are");
    const auto batches = batches_of(manifests_, order, request_.name_space);
    const bool done = std::ranges::all_of(batches, [&](const Batch& batch) { return send(batch); });
    if (terminal_.interactive && !dry_) terminal_.progress("\r\x1b[K");
    print_summary(done);
    return done ? kDone : kFailed;
  }

 private:
  int fail(const std::string& why) const {
    terminal_.err("trellis ctl " + request_.action + ": " + why + "\n");
    return kFailed;
  }

  // Before anything is sent: what was sent already would stay.
  bool all_known(const TypeOrder& order) {
    for (const Manifest& one : manifests_.all) {
      if (!order.knows(one.type)) say(where(one, ""), "the broker has no such type");
    }
    return problems_ == 0;
  }

  bool send(const Batch& batch) {
    server_.use_namespace(batch.name_space);
    const auto answer = server_.ask("POST", server_.space() + (dry_ ? "/apply?dryRun=true" : "/apply"), body_of(batch),
                                    "application/json");
    if (!answer) return refused(batch, answer.error().text);
    const auto json = read_json_text(answer->body);
    if (answer->status != 200) return refused(batch, *answer, json ? &json->value : nullptr);
    const Value* const operations = json ? json->value.find("operations") : nullptr;
    if (operations == nullptr) return refused(batch, "the answer is none of a management API");
    for (const Value& one : operations->items) take(one);
    sent_ += batch.manifests.size();
    if (terminal_.interactive && !dry_) {
      terminal_.progress("\r\x1b[K" + std::to_string(sent_) + " of " + std::to_string(manifests_.all.size()) + " (" +
                         std::to_string(sent_ * 100 / manifests_.all.size()) + " %)");
    }
    return true;
  }

  void take(const Value& operation) {
    const Value* const outcome = operation.find("outcome");
    if (outcome == nullptr) return;
    const auto found = std::ranges::find(outcomes_, outcome->text, &Outcome::name);
    if (found == outcomes_.end()) return;
    ++found->count;
    if (!dry_) return;
    const std::string type = text_at(&operation, "type");
    const std::string name = text_at(&operation, "name");
    if (terminal_.json) {
      terminal_.out(R"({"outcome":)" + quote(found->name) + R"(,"type":)" + quote(type) + R"(,"name":)" + quote(name) +
                    "}\n");
    } else {
      terminal_.out(std::string(found->sign) + ' ' + printable_in_line(type + '/' + name) + '\n');
    }
  }

  bool refused(const Batch& batch, const std::string& why) {
    return say("", batch.manifests.front()->place + ": " + why);
  }

  // Every detail names its line of the call, which knows its line of a file.
  bool refused(const Batch& batch, const HttpAnswer& answer, const Value* json) {
    const Value* const error = json == nullptr ? nullptr : json->find("error");
    const Value* const details = error == nullptr ? nullptr : error->find("details");
    if (details == nullptr || details->items.empty()) {
      const Value* const target = error == nullptr ? nullptr : error->find("target");
      const Manifest* const one = target == nullptr ? nullptr : find(batch, target->text);
      if (one == nullptr) return refused(batch, sentence_of(answer));
      return say(where(*one, target->text), message_of(*one, *error));
    }
    for (const Value& one : details->items) {
      const Value* const target = one.find("target");
      const Manifest* const manifest = target == nullptr ? nullptr : find(batch, target->text);
      if (manifest == nullptr) {
        say(batch.manifests.front()->place + ": ", text_at(&one, "message"));
      } else {
        say(where(*manifest, target->text), message_of(*manifest, one));
      }
    }
    return false;
  }

  // "/17/properties/query"
  static const Manifest* find(const Batch& batch, std::string_view target) {
    std::size_t index = 0;
    if (!target.starts_with('/')) return nullptr;
    const auto parsed = std::from_chars(target.data() + 1, target.data() + target.size(), index);
    return parsed.ec == std::errc{} && index < batch.manifests.size() ? batch.manifests[index] : nullptr;
  }
  static std::string where(const Manifest& one, std::string_view target) {
    std::string out = one.place + ": " + one.type + '/' + one.name;
    static constexpr std::string_view kProperties = "/properties/";
    const std::size_t below = target.find(kProperties);
    if (below != std::string_view::npos) out += ", " + std::string(target.substr(below + kProperties.size()));
    return out + ": ";
  }
  // Without the name, which many begin with and which stands before it.
  static std::string message_of(const Manifest& one, const Value& problem) {
    std::string message = text_at(&problem, "message");
    const std::string name = one.type + '/' + one.name + ' ';
    if (message.starts_with(name)) message.erase(0, name.size());
    return message;
  }
  bool say(const std::string& where, const std::string& what) {
    if (terminal_.interactive && problems_ == 0 && !dry_) terminal_.progress("\r\x1b[K");
    ++problems_;
    terminal_.err(printable_in_line(where + what) + '\n');
    return false;
  }

  void print_summary(bool done) const {
    std::string counts;
    for (const Outcome& one : outcomes_) {
      counts += terminal_.json ? ',' + quote(one.name) + ':' + std::to_string(one.count)
                               : (counts.empty() ? "" : ", ") + std::to_string(one.count) + ' ' + std::string(one.name);
    }
    const std::size_t left = manifests_.all.size() - sent_;
    if (terminal_.json) {
      terminal_.out(std::string("{\"done\":") + (done ? "true" : "false") + ",\"dryRun\":" + (dry_ ? "true" : "false") +
                    counts + ",\"skipped\":" + std::to_string(manifests_.skipped) +
                    ",\"left\":" + std::to_string(left) + "}\n");
      return;
    }
    if (manifests_.skipped > 0)
      counts += ", " + std::to_string(manifests_.skipped) + " skipped (not to be changed by calls)";
    terminal_.out((dry_ ? "plan: " : "") + counts + '\n');
    if (done) return;
    terminal_.err("trellis ctl " + request_.action + ": stopped" +
                  (dry_ ? ""
                        : "; " + std::to_string(sent_) + " resources before are as they should be, " +
                              std::to_string(left) + " are left") +
                  '\n');
  }

  const bool dry_;
  const CtlRequest& request_;
  Server& server_;
  const Terminal& terminal_;
  Manifests manifests_;
  std::array<Outcome, 4> outcomes_{{{"created", "+"}, {"changed", "~"}, {"unchanged", "="}, {"removed", "-"}}};
  std::size_t sent_ = 0;
  std::size_t problems_ = 0;
};

}  // namespace

int run_apply(const CtlRequest& request, Server& server, const Terminal& terminal) {
  return Applier(request, server, terminal).run();
}

}  // namespace management::ctl

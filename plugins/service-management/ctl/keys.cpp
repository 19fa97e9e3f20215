#include "ctl/keys.hpp"

#include "ctl/show.hpp"

namespace management::ctl {

std::string check_keys_words(const CtlRequest& request) {
  const bool lists = request.names[0] == "list" && request.names.size() == 1;
  if (lists || (request.names[0] == "regenerate" && request.names.size() == 2)) return {};
  return "usage: trellis ctl keys list, or trellis ctl keys regenerate key1|key2";
}

int run_keys(const CtlRequest& request, Server& server, const Terminal& terminal) {
  const auto fail = [&](const std::string& why) {
    terminal.err("trellis ctl keys " + request.names[0] + ": " + why + '\n');
    return kFailed;
  };
  const bool lists = request.names.size() == 1;
  const auto answer =
      lists ? server.ask("POST", server.space() + "/listKeys")
            : server.ask("POST", server.space() + "/regenerateKey",
                         R"({"keyName":)" + trellis::json::quote(request.names[1]) + '}', "application/json");
  if (!answer) return fail(answer.error().text);
  if (answer->status >= 300) return fail(sentence_of(*answer));
  const auto json = read_json_text(answer->body);
  if (!json) return fail("what answers is no management API: " + json.error().text);
  if (terminal.json) {
    terminal.out(in_one_line(json->value) + '\n');
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < json->value.keys.size(); ++i) {
    const std::string& key = json->value.items[i].text;
    rows.push_back({json->value.keys[i], key.empty() ? "(none)" : key});
  }
  terminal.out(table(rows));
  return kDone;
}

}  // namespace management::ctl

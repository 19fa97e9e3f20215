// A million random questions, answered by the plugin and by the algorithm written down again as plainly as possible.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <variant>

#include "site.hpp"

namespace topic_spaces {
namespace {

using Attribute = std::variant<std::int64_t, std::string, std::vector<std::string>>;

struct PlainClient {
  std::string name;
  std::map<std::string, Attribute> attributes;
};
struct PlainBinding {
  std::string group;
  std::string space;
  bool publishes;
  bool denies;
};

// ---- the algorithm, again

std::vector<std::string> split(const std::string& topic) {
  std::vector<std::string> levels{""};
  for (const char c : topic) {
    if (c == '/') {
      levels.emplace_back();
    } else {
      levels.back() += c;
    }
  }
  return levels;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::vector<std::string> values_of(const Attribute& attribute) {
  if (const auto* number = std::get_if<std::int64_t>(&attribute)) return {std::to_string(*number)};
  if (const auto* text = std::get_if<std::string>(&attribute)) return {*text};
  return std::get<std::vector<std::string>>(attribute);
}

// Every filter the template means for the client.
std::vector<std::string> substitute(const std::string& from, const PlainClient& client) {
  std::vector<std::string> filters{from};
  std::map<std::string, std::vector<std::string>> variables{{"authenticationName", {client.name}}};
  for (const std::string key : {"a", "b", "n"}) {
    const auto found = client.attributes.find(key);
    variables["attributes." + key] =
        found == client.attributes.end() ? std::vector<std::string>{} : values_of(found->second);
  }
  for (const auto& [variable, values] : variables) {
    if (from.find("${client." + variable) == std::string::npos) continue;
    std::vector<std::string> next;
    for (const std::string& filter : filters) {
      for (const std::string& value : values) {
        if (value.empty() || value.find_first_of("/+#") != std::string::npos) continue;
        std::string one = filter;
        replace_all(one, "${client." + variable + "}", value);
        replace_all(one, "${client." + variable + "|.x}", value + ".x");
        next.push_back(one);
      }
    }
    filters = next;
  }
  return filters;
}

bool plainly_covers(const std::string& wide, const std::string& narrow) {
  const auto t = split(wide);
  const auto f = split(narrow);
  if ((t[0] == "+" || t[0] == "#") && narrow.starts_with('$')) return false;
  for (std::size_t i = 0;; ++i) {
    if (i < t.size() && t[i] == "#") return true;
    if (i == t.size() || i == f.size()) return i == t.size() && i == f.size();
    if (f[i] == "#") return false;
    if (t[i] != "+" && t[i] != f[i]) return false;
  }
}

// Whether some topic fits both, level by level.
bool plainly_meets(const std::vector<std::string>& a, const std::vector<std::string>& b, std::size_t i) {
  const bool a_ends = i >= a.size();
  const bool b_ends = i >= b.size();
  if (!a_ends && a[i] == "#") return true;
  if (!b_ends && b[i] == "#") return true;
  if (a_ends || b_ends) return a_ends && b_ends;
  return (a[i] == "+" || b[i] == "+" || a[i] == b[i]) && plainly_meets(a, b, i + 1);
}

bool plainly_overlaps(const std::string& a, const std::string& b) {
  const auto wild = [](const std::string& f) { return f.starts_with('+') || f.starts_with('#'); };
  if ((wild(a) && b.starts_with('$')) || (wild(b) && a.starts_with('$'))) return false;
  return plainly_meets(split(a), split(b), 0);
}

// ---- random worlds

class RandomWorld {
 public:
  explicit RandomWorld(std::uint32_t seed) : random_(seed) {
    for (int i = 0; i < 4; ++i) make_space("space-" + std::to_string(i));
    for (int i = 0; i < 3; ++i) make_group("group-" + std::to_string(i));
    for (int i = 0; i < 6; ++i) make_binding();
    for (int i = 0; i < 12; ++i) make_client("c" + std::to_string(i));
  }

  bool allowed(const PlainClient& client, bool publishes, const std::string& topic) const {
    if (publishes && topic.starts_with('$')) return false;
    bool allows = false;
    for (const PlainBinding& binding : bindings) {
      if (binding.publishes != publishes || !member(binding.group, client)) continue;
      for (const std::string& from : spaces.at(binding.space)) {
        for (const std::string& filter : substitute(from, client)) {
          if (binding.denies && plainly_overlaps(filter, topic)) return false;
          if (!binding.denies && plainly_covers(filter, topic)) allows = true;
        }
      }
    }
    return allows;
  }

  std::string topic(bool publishes) {
    std::string made = one_of({"p", "q", "c1", "$s", "", "3"});
    if (!publishes && chance(4)) made = one_of({"+", "#"});
    while (made != "#" && !made.ends_with("/#") && chance(2)) {
      made += "/" + one_of({"p", "q", "c1", "c2", "c1.x", "v", "w.x", "p-3", "3", ""});
      if (!publishes && chance(4)) made = made.substr(0, made.rfind('/') + 1) + one_of({"+", "+", "#"});
    }
    return made.empty() ? "p" : made;
  }

  const PlainClient& any_client() { return clients[pick(clients.size())]; }
  bool chance(int in) { return pick(static_cast<std::size_t>(in)) == 0; }

  std::map<std::string, std::vector<std::string>> spaces;
  std::map<std::string, std::string> groups;  // their queries
  std::vector<PlainBinding> bindings;
  std::vector<PlainClient> clients;

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  std::string one_of(const std::vector<std::string>& texts) { return texts[pick(texts.size())]; }

  void make_space(const std::string& name) {
    for (std::size_t i = 0; i <= pick(4); ++i) {
      std::string made;
      for (std::size_t level = 0; level <= pick(4); ++level) {
        made +=
            (level > 0 ? "/" : "") + one_of({"p", "q", "+", "${client.authenticationName}", "${client.attributes.a}",
                                             "${client.attributes.b|.x}", "p-${client.attributes.n}", "$s", "3", "",
                                             "${client.attributes.a}${client.attributes.n}"});
      }
      if (chance(4)) made += "/#";
      if (chance(12)) made = "#";
      spaces[name].push_back(made.empty() ? "p" : made);
    }
  }
  void make_group(const std::string& name) {
    groups[name] = one_of({"attributes.a = 'v'", "attributes.n <= 2", "attributes.b IN ['w', 'p'] or attributes.n = 3",
                           "attributes.a != 'v'", "authenticationName IN ['C1', 'c2', 'c3']"});
  }
  // The queries above, by hand.
  bool member(const std::string& group, const PlainClient& client) const {
    if (group == "$all") return true;
    const std::string& query = groups.at(group);
    const auto has = [&](const char* key, const std::vector<std::string>& texts) {
      const auto found = client.attributes.find(key);
      if (found == client.attributes.end() || std::holds_alternative<std::int64_t>(found->second)) return false;
      const auto values = values_of(found->second);
      return std::ranges::any_of(values, [&](const std::string& v) { return std::ranges::count(texts, v) > 0; });
    };
    const auto number = client.attributes.find("n");
    const auto* n = number == client.attributes.end() ? nullptr : std::get_if<std::int64_t>(&number->second);
    if (query == "attributes.a = 'v'") return has("a", {"v"});
    if (query == "attributes.n <= 2") return n != nullptr && *n <= 2;
    if (query == "attributes.a != 'v'") return client.attributes.contains("a") && !has("a", {"v"});
    if (query.starts_with("authenticationName"))
      return client.name == "c1" || client.name == "c2" || client.name == "c3";
    return has("b", {"w", "p"}) || (n != nullptr && *n == 3);
  }
  void make_binding() {
    bindings.push_back({chance(3) ? "$all" : "group-" + std::to_string(pick(3)), "space-" + std::to_string(pick(4)),
                        chance(2), chance(4)});
  }
  void make_client(const std::string& name) {
    PlainClient client{name, {}};
    if (!chance(4)) client.attributes["a"] = one_of({"v", "p", "+", "x/y", "", "c1"});
    if (chance(2)) client.attributes["b"] = std::vector<std::string>{one_of({"w", "q", "#"}), one_of({"p", "v"})};
    if (chance(3)) client.attributes["b"] = one_of({"w", "p"});
    if (!chance(3)) client.attributes["n"] = static_cast<std::int64_t>(pick(4));
    clients.push_back(client);
  }

  std::mt19937 random_;
};

std::string json_of(const PlainClient& client) {
  std::string text;
  for (const auto& [name, value] : client.attributes) {
    text += (text.empty() ? "" : ",") + trellis::json::quote(name) + ":" + rights::to_json(value);
  }
  return R"({"attributes": {)" + text + "}}";
}

void put_world(const RandomWorld& world, trellis::testing::TestHost& host) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, templates] : world.spaces) {
    all.emplace_back("topicSpaces/" + name, R"({"topicTemplates": )" + rights::to_json(templates) + "}");
  }
  for (const auto& [name, query] : world.groups) {
    all.emplace_back("clientGroups/" + name, R"({"query": )" + trellis::json::quote(query) + "}");
  }
  for (const PlainClient& client : world.clients) all.emplace_back("clients/" + client.name, json_of(client));
  for (std::size_t i = 0; i < world.bindings.size(); ++i) {
    const PlainBinding& binding = world.bindings[i];
    all.emplace_back("permissionBindings/binding-" + std::to_string(i),
                     R"({"clientGroupName": ")" + binding.group + R"(", "topicSpaceName": ")" + binding.space +
                         R"(", "permission": ")" + (binding.publishes ? "Publisher" : "Subscriber") +
                         R"(", "effect": ")" + (binding.denies ? "Deny" : "Allow") + "\"}");
  }
  ASSERT_EQ(host.put_resources(all), "");
}

std::string reasons(const trellis::testing::AuthorizerDriver& authorizer, const Authenticated& who, Action action,
                    const std::string& topic) {
  std::string text;
  for (const auto& [what, found] : authorizer.explain(who, action, topic)) text += what + ": " + found + '\n';
  return text;
}

TEST(TopicSpacesProperty, AMillionQuestionsAreAnsweredAsTheAlgorithmSays) {
  constexpr std::uint32_t kWorlds = 200;
  constexpr int kQuestions = 5000;
  std::size_t allowed = 0;
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    RandomWorld world(seed);
    trellis::testing::TestHost host;
    const auto authorizer = host.load<TopicSpaces>();
    put_world(world, host);
    for (int i = 0; i < kQuestions; ++i) {
      const PlainClient& client = world.any_client();
      const bool publishes = world.chance(2);
      const std::string topic = world.topic(publishes);
      const bool expected = world.allowed(client, publishes, topic);
      const Authenticated who{.name = client.name,
                              .id = 1 + static_cast<std::uint64_t>(&client - world.clients.data())};
      const bool found = authorizer.may(who, publishes ? Action::publish : Action::subscribe, topic) == Access::allow;
      ASSERT_EQ(found, expected) << "seed " << seed << ", " << client.name << ' ' << json_of(client)
                                 << (publishes ? " publishes to " : " subscribes to ") << topic << '\n'
                                 << reasons(authorizer, who, publishes ? Action::publish : Action::subscribe, topic);
      allowed += expected ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, kWorlds * kQuestions / 20u) << "too few are allowed for this to mean something";
  EXPECT_LT(allowed, kWorlds * kQuestions / 2u);
}

// What a question costs: the figures are for people, the bounds far above them.
TEST(TopicSpacesCost, OfAQuestionWith100BindingsOf10Templates) {
  trellis::testing::TestHost host;
  const auto authorizer = host.load<TopicSpaces>(R"({"remembered_decisions": 0})");
  const auto remembering = host.load<TopicSpaces>();
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    std::string templates;
    for (int k = 0; k < 10; ++k) {
      templates += (k > 0 ? "," : "") + ("\"site" + std::to_string(k) + "/line" + number +
                                         "/${client.authenticationName}/${client.attributes.kind}/+\"");
    }
    all.emplace_back("topicSpaces/space-" + number, R"({"topicTemplates": [)" + templates + "]}");
    all.emplace_back("clientGroups/group-" + number, R"({"query": "attributes.line = )" + number + R"("})");
    all.emplace_back(
        "permissionBindings/binding-" + number,
        R"({"clientGroupName": "$all", "topicSpaceName": "space-)" + number + R"(", "permission": "Publisher"})");
  }
  all.emplace_back("clients/press-04", R"({"attributes": {"kind": "press", "line": 7}})");
  ASSERT_EQ(host.put_resources(all), "");
  const trellis_identity identity{sizeof identity, 0, trellis::view("press-04"), {}, nullptr, 0, 5, 0};
  const trellis_access access{sizeof access,
                              TRELLIS_ACTION_PUBLISH,
                              &identity,
                              trellis::view("s1"),
                              trellis::view("site9/line99/press-04/press/rpm"),
                              trellis::view("default")};
  const auto cost = [&](const trellis::testing::AuthorizerDriver& of) {
    std::chrono::nanoseconds best{1'000'000'000};
    host.on_shard(of.instance(), 0, [&](void* shard) {
      constexpr int kTimes = 20'000;
      for (int round = 0; round < 5; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < kTimes; ++i) {
          std::uint32_t answer = TRELLIS_ACCESS_UNSET;
          of.instance().table<trellis_authorizer>()->authorize(shard, &access, &answer, 1);
          ASSERT_EQ(answer, std::uint32_t{TRELLIS_ACCESS_ALLOW});
        }
        best = std::min(best, (std::chrono::steady_clock::now() - begin) / kTimes);
      }
    });
    return best.count();
  };
  const auto uncached = cost(authorizer);
  const auto cached = cost(remembering);
  std::cout << "judged anew " << uncached << " ns, remembered " << cached << " ns\n";
  EXPECT_LT(uncached, 200'000);
  EXPECT_LT(cached, 15'000);
}

}  // namespace
}  // namespace topic_spaces

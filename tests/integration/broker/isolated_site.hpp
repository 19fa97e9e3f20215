// A broker with plugins in processes of their own, and those processes as the system knows them.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/broker_config.hpp"
#include "support/site.hpp"

namespace trellis::testing {

namespace fs = std::filesystem;
inline std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A process as /proc knows it.
struct Child {
  pid_t id;
  std::string name;  // the plugin's id, cut
};

// Children of the broker that have not ended.
inline std::vector<Child> children(pid_t parent) {
  std::vector<Child> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = text_of(entry.path() / "stat");
    const std::size_t close = stat.rfind(')');
    if (close == std::string::npos) continue;
    std::istringstream rest(stat.substr(close + 1));
    std::string state;
    pid_t of = 0;
    rest >> state >> of;
    const std::size_t open = stat.find('(') + 1;
    if (of == parent && state != "Z") found.push_back({std::stoi(number), stat.substr(open, close - open)});
  }
  return found;
}

/// A broker with plugins in processes of their own.
class IsolatedSite : public SiteTest {
 protected:
  static std::string example(const std::string& plugin, const std::string& more = "") {
    return "\"" + plugin + R"(": {"file": ")" + TRELLIS_EXAMPLE_PLUGINS + "/" + plugin + R"(.so")" + more + "}";
  }
  static std::string stage(const std::string& more = R"(, "isolation": "process", "fallback": "pass")") {
    return example("stage-topic-prefix", R"(, "config": {"prefix": "good/"})" + more);
  }
  static std::string probe(const std::string& name) {
    return "\"" + name + R"(": {"file": ")" + test_plugins() + "/" + name +
           R"(.so", "isolation": "process", "restart_pause": "20ms"})";
  }
  static std::string http(const std::string& services) {
    return R"({"name": "http", "address": "127.0.0.1:0", "protocol": "transport-http", "services": {)" + services +
           "}},";
  }
  static constexpr const char* kStaged = R"("stages": {"publish": ["stage-topic-prefix"]})";

  // What passes finds nobody, which publishers are told.
  static bool dropped(RawClient& publisher) {
    return publisher.publish({.topic = "bad/to-nobody", .qos = 1})->reason == 0;
  }
  // Each of its threads by itself comes to a halt.
  static void halt(pid_t process) {
    ASSERT_EQ(::kill(process, SIGSTOP), 0);
    const auto halted = [&] {
      for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        if (text_of(task.path() / "stat").find(") T ") == std::string::npos) return false;
      }
      return true;
    };
    ASSERT_TRUE(eventually(halted));
  }

  std::vector<Child> processes() { return children(broker().process().pid()); }
  pid_t process_of(const std::string& plugin) {
    for (const Child& child : processes()) {
      if (child.name == plugin.substr(0, 15)) return child.id;
    }
    return 0;
  }
  bool is_up(const std::string& plugin) {
    return metrics().sum("trellis_plugin_process_up", "plugin=\"" + plugin + "\"") == 1;
  }
  double restarts() { return metrics().sum("trellis_plugin_process_restarts_total"); }
  double fallbacks(const std::string& hook) {
    return metrics().sum("trellis_plugin_fallbacks_total", "hook=\"" + hook + "\"");
  }
};

}  // namespace trellis::testing

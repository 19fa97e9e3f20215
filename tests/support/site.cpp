// Puts the pieces together and asks the broker.
#include "support/site.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <stdexcept>
#include <thread>

namespace trellis::testing {
namespace {

std::string after_comma(const std::string& members) { return members.empty() ? "" : ", " + members; }

constexpr const char* kAdmin = R"(
    {"name": "admin", "address": "127.0.0.1:0", "protocol": "transport-http",
     "services": {"/metrics": "service-metrics", "/healthz": "service-metrics", "/readyz": "service-metrics"}}],
)";

}  // namespace

std::string Site::config() const {
  return "{\"shards\": " + std::to_string(shards) + ",\n\"log\": {" + log + "},\n\"limits\": {" + limits +
         "},\n\"plugins\": {" + plugins +
         "},\n\"listeners\": [{\"name\": \"mqtt\", \"address\": \"127.0.0.1:0\", \"protocol\": \"transport-mqtt\"" +
         after_comma(listener) + "}," + listeners + kAdmin + "\"namespaces\": {" + spaces +
         "\"default\": {\"authenticators\": [" + authenticators + "], \"authorizers\": [" + authorizers +
         "], \"plugins\": {\"transport-mqtt\": {" + mqtt + "}}" + after_comma(space) + "}}}\n";
}

// Sanitizers report at the end, so the end is part of every test.
void SiteTest::TearDown() {
  if (!broker_) return;
  const auto code = broker_->process().running() ? terminate() : exit_code();
  EXPECT_EQ(code, 0) << "the broker did not end as it should. It printed:\n" << broker_->output();
}

std::string SiteTest::write(const std::string& name, const std::string& text) {
  const auto path = broker_->directory() + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

bool SiteTest::reload_text(const std::string& config) {
  const auto taken = count(broker_->output(), "app: reloaded");
  const auto refused = count(broker_->output(), "reload refused");
  write("trellis.json", config);
  broker_->process().signal(SIGHUP);
  const auto decided = [&](const std::string& text) {
    return count(text, "app: reloaded") > taken || count(text, "reload refused") > refused;
  };
  if (!broker_->process().wait_for_output(decided, kPatience))
    throw std::runtime_error("nothing came of SIGHUP. The broker printed:\n" + broker_->output());
  return count(broker_->output(), "app: reloaded") > taken;
}

std::optional<int> SiteTest::terminate(std::chrono::milliseconds deadline) {
  broker_->process().signal(SIGTERM);
  return exit_code(deadline);
}

std::optional<int> SiteTest::exit_code(std::chrono::milliseconds deadline) {
  const auto status = broker_->process().wait(deadline);
  if (!status) return std::nullopt;
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

bool SiteTest::eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    // Between two looks at another process, not in hope of anything.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

void SiteTest::expect_metric(const std::string& name, const std::string& label, double value) {
  double found = 0;
  EXPECT_TRUE(eventually([&] { return (found = metrics().sum(name, label)) == value; }))
      << name << "{" << label << "} is " << found << ", expected " << value;
}

std::uint16_t SiteTest::logged_port(const std::string& listener) {
  const auto start = "listening listener=" + listener + " address=";
  std::string text;
  const auto there = [&](const std::string& output) {
    const auto at = output.rfind(start);
    const auto end = at == std::string::npos ? at : output.find_first_of(" \n", at + start.size());
    if (end != std::string::npos) text = output.substr(at + start.size(), end - at - start.size());
    return end != std::string::npos;
  };
  if (!broker_->process().wait_for_output(there, kPatience))
    throw std::runtime_error("the log names no listener " + listener + ":\n" + broker_->output());
  return static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));
}

std::size_t SiteTest::count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace trellis::testing

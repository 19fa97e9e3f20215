#include "support/issuer.hpp"

#include <csignal>
#include <stdexcept>

#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

constexpr std::chrono::seconds kPatience{30};  // making keys takes its time on a busy machine

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

/// The rest of the line after `word`; empty where it is not complete.
std::string line_after(const std::string& text, const std::string& word) {
  const std::size_t begin = text.find(word);
  const std::size_t end = begin == std::string::npos ? begin : text.find('\n', begin);
  return end == std::string::npos ? std::string() : text.substr(begin + word.size(), end - begin - word.size());
}

}  // namespace

Issuer::Issuer(const std::string& settings) {
  // Once in some thousand starts Node says nothing at all, whatever it is made to run.
  for (int tries = 0; tries < 2 && url_.empty(); ++tries) {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{TRELLIS_NODE, TRELLIS_ISSUER, TRELLIS_NODE_MODULES, settings});
    process_->wait_for_output(
        [&](const std::string& output) {
          url_ = line_after(output, "issuer http://");
          return !url_.empty();
        },
        kPatience);
  }
  if (url_.empty()) throw std::runtime_error("the issuer does not serve:\n" + process_->output());
  url_.insert(0, "http://");
}

std::string Issuer::token(const std::string& client, const std::string& resource) {
  HttpClient http(static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1))));
  // Nothing in it needs to be escaped: the form takes ':' and '/' as they are.
  const std::string form =
      "grant_type=client_credentials&client_id=" + client + "&client_secret=secret&resource=" + resource;
  http.send("POST /token HTTP/1.1\r\nHost: " + url_.substr(url_.find("//") + 2) +
            "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(form.size()) +
            "\r\n\r\n" + form);
  const std::string answer = http.receive().body;
  static const std::string kName = "\"access_token\":\"";
  const std::size_t begin = answer.find(kName);
  if (begin == std::string::npos) throw std::runtime_error("no token for " + client + ": " + answer);
  const std::size_t first = begin + kName.size();
  return answer.substr(first, answer.find('"', first) - first);
}

void Issuer::add_key() { change_keys(SIGUSR2); }
void Issuer::replace_keys() { change_keys(SIGHUP); }
void Issuer::hang() { process_->signal(SIGSTOP); }
void Issuer::go_on() { process_->signal(SIGCONT); }

void Issuer::die() {
  process_->signal(SIGKILL);
  if (!process_->wait(kPatience)) throw std::runtime_error("the issuer does not end");
}

void Issuer::change_keys(int signal) {
  process_->signal(signal);
  ++changes_;
  const auto changed = [&](const std::string& output) { return count(output, "signs with ") == changes_; };
  if (!process_->wait_for_output(changed, kPatience)) {
    throw std::runtime_error("the issuer keeps its keys:\n" + process_->output());
  }
}

}  // namespace trellis::testing

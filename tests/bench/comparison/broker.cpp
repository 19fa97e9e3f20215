// Writes configs, starts brokers and waits until they listen.
#include "broker.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace trellis::bench {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Free now; another program could take it before the broker does, which then fails with its own message.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

bool listening(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool answered = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return answered;
}

std::string replace_all(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

RunningBroker::RunningBroker(const BrokerRecipe& recipe, const std::filesystem::path& directory)
    : port_(recipe.port != 0 ? recipe.port : free_port()) {
  const auto config = directory / recipe.config_name;
  // What a broker keeps goes to a folder that is new each time.
  const auto folder = directory / "kept";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::string text = replace_all(repeat_marked(recipe.config), "@PORT@", std::to_string(port_));
  if (text.find("@SINK@") != std::string::npos) {
    sink_ = free_port();
    text = replace_all(text, "@SINK@", std::to_string(sink_));
  }
  text = replace_all(replace_all(text, "@CERTIFICATES@", directory), "@FOLDER@", folder);
  // What follows a line "@FILE name@" is another file, in that folder.
  const std::string file_mark = "\n@FILE ";
  if (const auto mark = text.find(file_mark); mark != std::string::npos) {
    const auto end = text.find('@', mark + file_mark.size());
    if (end == std::string::npos) throw std::runtime_error("config: expected @FILE name@");
    const auto file = folder / text.substr(mark + file_mark.size(), end - mark - file_mark.size());
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text.substr(end + 1);
    text.resize(mark + 1);
  }
  std::ofstream(config) << text;
  std::vector<std::string> command;
  std::istringstream words(recipe.command);
  for (std::string word; words >> word;) {
    command.push_back(replace_all(replace_all(word, "{config}", config), "{port}", std::to_string(port_)));
  }
  const auto log = directory / (recipe.name + ".log");
  child_ = std::make_unique<Child>(command, recipe.placement, log);
  wait_until_listening(recipe.name, log);
}

void RunningBroker::wait_until_listening(const std::string& name, const std::filesystem::path& log) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!listening(port_)) {
    if (!child_->running()) throw std::runtime_error(name + " ended while starting:\n" + read_file(log));
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(name + " does not listen on port " + std::to_string(port_) + ":\n" + read_file(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

BrokerRecipe mosquitto_recipe(const std::string& program) {
  return {.name = "mosquitto",
          .command = program + " -c {config}",
          .config =
              "listener @PORT@ 127.0.0.1\n"
              "allow_anonymous true\n"
              "persistence false\n"
              "max_inflight_messages 0\n"
              "max_queued_messages 0\n"
              "set_tcp_nodelay true\n"
              "log_type none\n",
          .config_name = "mosquitto.conf",
          .program = "mosquitto"};
}

BrokerRecipe mosquitto_kept_recipe(const std::string& program) {
  BrokerRecipe recipe = mosquitto_recipe(program);
  recipe.name = "mosquitto-kept";
  recipe.config_name = "mosquitto-kept.conf";
  recipe.config += "user root\npersistence_location @FOLDER@/\n";
  recipe.config.replace(recipe.config.find("persistence false"), 17, "persistence true");
  return recipe;
}

BrokerRecipe mosquitto_tls_recipe(const std::string& program) {
  BrokerRecipe recipe = mosquitto_recipe(program);
  recipe.name = "mosquitto-tls";
  recipe.config_name = "mosquitto-tls.conf";
  // Started by root it would become another user first, who cannot read the key.
  recipe.config += "user root\ncertfile @CERTIFICATES@/server.pem\nkeyfile @CERTIFICATES@/server.key\n";
  return recipe;
}

BrokerRecipe nats_recipe(const std::string& program) {
  return {.name = "nats",
          .command = program + " -c {config}",
          .config =
              "listen: 127.0.0.1:@PORT@\n"
              "jetstream { store_dir: \"@FOLDER@\" }\n",
          .config_name = "nats.conf",
          .program = "nats",
          .generator_options = {"--wire", "nats"}};
}

BrokerRecipe nginx_recipe(const std::string& program) {
  return {.name = "nginx",
          .command = program + " -c {config} -e stderr",
          // Without a master the process that is started, whose CPU time is read, is the one worker.
          .config =
              "user root;\n"
              "daemon off;\n"
              "master_process off;\n"
              "worker_processes 1;\n"
              "pid @FOLDER@/nginx.pid;\n"
              "events { worker_connections 4096; }\n"
              "http {\n"
              "  access_log off;\n"
              "  client_body_temp_path @FOLDER@/body;\n"
              "  proxy_temp_path @FOLDER@/proxy;\n"
              "  fastcgi_temp_path @FOLDER@/fastcgi;\n"
              "  uwsgi_temp_path @FOLDER@/uwsgi;\n"
              "  scgi_temp_path @FOLDER@/scgi;\n"
              "  keepalive_timeout 1h;\n"
              "  keepalive_requests 1000000000;\n"
              "  server {\n"
              "    listen 127.0.0.1:@PORT@;\n"
              "    location / { return 200; }\n"
              "  }\n"
              "}\n",
          .config_name = "nginx.conf",
          .program = "nginx",
          .generator_options = {"--wire", "http", "--publish-only"}};
}

std::string repeat_marked(std::string text) {
  const std::string begin_mark = "@REPEAT ";
  const std::string end_mark = "@END@";
  for (auto begin = text.find(begin_mark); begin != std::string::npos; begin = text.find(begin_mark, begin)) {
    const auto number_end = text.find('@', begin + begin_mark.size());
    const auto end = text.find(end_mark, begin);
    if (number_end == std::string::npos || end == std::string::npos || number_end >= end) {
      throw std::runtime_error("config: " + text.substr(begin, 40) + ": expected @REPEAT n@ … @END@");
    }
    const int count = std::stoi(text.substr(begin + begin_mark.size(), number_end - begin - begin_mark.size()));
    const std::string body = text.substr(number_end + 1, end - number_end - 1);
    std::string repeated;
    for (int i = 1; i <= count; ++i) repeated += replace_all(body, "@N@", std::to_string(i));
    text.replace(begin, end + end_mark.size() - begin, repeated);
  }
  return text;
}

}  // namespace trellis::bench

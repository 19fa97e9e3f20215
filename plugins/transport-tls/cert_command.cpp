#include "cert_command.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <trellis/json.hpp>

#include "authority.hpp"
#include "watched_file/watched_file.hpp"

namespace transport_tls {
namespace {

namespace fs = std::filesystem;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr std::string_view kManual =
    "Usage: trellis cert dev [FOLDER] [--host NAME]... [--client NAME]... [-o json]\n"
    "\n"
    "Makes certificates for trying out in FOLDER (default: certs): a private CA (ca.pem, ca.key), a server's\n"
    "certificate for localhost and every host named (server.pem, server.key), and one for every client named\n"
    "(NAME.pem, NAME.key). A CA that is there already is used again, the others are made anew. Good for 90 days.\n"
    "\n"
    "  --host NAME     a DNS name or a numeric address clients will use for the broker; may be given several times\n"
    "  --client NAME   the name of a client, which becomes the certificate's common name; may be given several times\n"
    "  -o json         print the files as JSON\n"
    "  --help          print this\n"
    "\n"
    "Whoever has ca.key can pretend to be any host to those who trust ca.pem: keep it, and use this for trials only.\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

struct Words {
  std::string folder = "certs";
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  std::vector<std::string> clients;
  bool json = false;
  bool help = false;
};

// Throws std::invalid_argument with what is wrong.
Words read(const std::vector<std::string_view>& words) {
  Words read;
  bool folder = false;
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    read.help = true;
    return read;
  }
  if (words[0] != "dev")
    throw std::invalid_argument("there is \"cert dev\", no \"cert " + std::string(words[0]) + "\"");
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto value = [&]() -> std::string {
      if (i + 1 == words.size()) throw std::invalid_argument(std::string(words[i]) + " needs a value");
      return std::string(words[++i]);
    };
    if (words[i] == "--host") {
      read.hosts.push_back(value());
    } else if (words[i] == "--client") {
      read.clients.push_back(value());
    } else if (words[i] == "-o" || words[i] == "--output") {
      const std::string format = value();
      if (format != "json" && format != "text") throw std::invalid_argument("after -o: expected text or json");
      read.json = format == "json";
    } else if (words[i] == "--help" || words[i] == "-h") {
      read.help = true;
    } else if (words[i].starts_with("-") || std::exchange(folder, true)) {
      throw std::invalid_argument("\"" + std::string(words[i]) + "\" is not expected here");
    } else {
      read.folder = words[i];
    }
  }
  for (const std::string& client : read.clients) {
    const bool plain = !client.empty() && client.find('/') == std::string::npos && !client.starts_with('.');
    if (!plain || client == "ca" || client == "server") {
      throw std::invalid_argument("\"" + client + "\" cannot be a client's name: it becomes the name of a file");
    }
  }
  return read;
}

/// Writes into one folder and remembers what.
class Folder {
 public:
  explicit Folder(const fs::path& path) : path_(path) {
    std::error_code code;
    fs::create_directories(path, code);
    if (code) throw std::runtime_error("cannot make " + path.string() + ": " + code.message());
  }
  bool has(const std::string& name) const {
    std::error_code code;
    return fs::exists(path_ / name, code);
  }
  std::string read(const std::string& name) const {
    std::string text;
    std::string error;
    common::FileStamp stamp;
    if (!common::read_whole_file((path_ / name).string(), text, stamp, error)) throw std::runtime_error(error);
    return text;
  }
  // As a whole: a running broker that watches the file never sees half of it.
  void write(const std::string& name, const std::string& text, bool secret) {
    const fs::path file = path_ / name;
    const fs::path fresh = path_ / ("." + name + ".new");
    const ::mode_t before = ::umask(secret ? 0077 : 0022);
    {
      std::ofstream out(fresh, std::ios::trunc);
      out << text;
      out.flush();
      ::umask(before);
      if (!out) throw std::runtime_error("cannot write " + fresh.string());
    }
    std::error_code code;
    fs::rename(fresh, file, code);
    if (code) throw std::runtime_error("cannot write " + file.string() + ": " + code.message());
    written.push_back(file.string());
  }
  void write(const std::string& name, const Issued& issued) {
    write(name + ".key", issued.key, true);
    write(name + ".pem", issued.certificate, false);
  }

  std::vector<std::string> written;

 private:
  fs::path path_;
};

Authority authority_in(Folder& folder) {
  if (folder.has("ca.pem") && folder.has("ca.key")) return {folder.read("ca.pem"), folder.read("ca.key")};
  Authority made("Trellis trial CA");
  folder.write("ca.key", made.key(), true);
  folder.write("ca.pem", made.certificate(), false);
  return made;
}

void print(const Folder& folder, const Words& words, const trellis::Console& console) {
  if (words.json || console.json()) {
    std::string list;
    for (const std::string& file : folder.written) list += (list.empty() ? "" : ",") + trellis::json::quote(file);
    console.out("{\"written\":[" + list + "]}\n");
    return;
  }
  for (const std::string& file : folder.written) console.out("wrote " + file + "\n");
  const std::string at = words.folder + "/";
  console.out(
      "\nIn the configuration:\n  \"plugins\": {\"transport-tls\": {\"config\": {\"certificates\": [{\"chain\": \"" +
      at + "server.pem\", \"key\": \"" + at + "server.key\", \"client_ca\": \"" + at +
      "ca.pem\"}]}}}\nTo try it:\n  mosquitto_sub -h localhost -p 8883 --cafile " + at + "ca.pem -t 'hello/#'\n");
}

}  // namespace

int run_cert_command(const std::vector<std::string_view>& words, const trellis::Console& console) {
  try {
    const Words asked = read(words);
    if (asked.help) {
      console.out(kManual);
      return words.empty() ? kUsage : kDone;
    }
    Folder folder(asked.folder);
    const Authority authority = authority_in(folder);
    folder.write("server", authority.issue({.common_name = asked.hosts[asked.hosts.size() > 3 ? 3 : 0],
                                            .names = asked.hosts,
                                            .server = true}));
    for (const std::string& client : asked.clients) folder.write(client, authority.issue({.common_name = client}));
    print(folder, asked, console);
    return kDone;
  } catch (const std::invalid_argument& error) {
    console.err("trellis cert: " + std::string(error.what()) + "; see trellis cert --help\n");
    return kUsage;
  } catch (const std::exception& error) {
    console.err("trellis cert: " + std::string(error.what()) + "\n");
    return kFailed;
  }
}

}  // namespace transport_tls

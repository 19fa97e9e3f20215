#include "signing_verbs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <trellis/loading/registry.hpp>
#include <trellis/loading/verbs.hpp>
#include <trellis/schema/json_text.hpp>

#include "descriptor.hpp"

namespace trellis::loading {
namespace {

using namespace console;
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Texts = std::vector<std::string>;

int failed(const fs::path& file, const std::string& why) {
  std::cerr << fmt::format("{}: {}\n", file.string(), why);
  return kFailed;
}

Texts texts(const Values& values, const char* name) {
  return values.count(name) == 0 ? Texts() : values[name].as<Texts>();
}

std::optional<std::string> read_text(const fs::path& file) {
  std::ifstream in(file);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A new file, readable by its owner alone where it is secret; error is why there is none.
bool write_new(const fs::path& file, const std::string& text, mode_t mode, std::string& error) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written) error = std::strerror(errno);
  if (descriptor >= 0 && ::close(descriptor) != 0 && error.empty()) error = std::strerror(errno);
  return error.empty();
}

int keygen(const Values& values) {
  const std::string name = values["name"].as<std::string>();
  const signing::SecretKey key = signing::SecretKey::generate();
  std::string error;
  if (!write_new(name + ".key", key.file_text(), 0600, error)) return failed(name + ".key", error);
  if (!write_new(name + ".pub", key.public_key().file_text(), 0644, error)) return failed(name + ".pub", error);
  const std::string id = signing::to_text(key.public_key().id);
  if (wants_json(values)) {
    Json::Value out;
    out["key"] = id;
    out["secret"] = name + ".key";
    out["public"] = name + ".pub";
    std::cout << schema::to_pretty(out) << '\n';
  } else {
    std::cout << fmt::format("{0}.key signs, keep it secret; {0}.pub is key {1}\n", name, id);
  }
  return kDone;
}

// A build that is to come out the same another day says which day it is.
std::string timestamp() {
  const char* given = std::getenv("SOURCE_DATE_EPOCH");
  return given != nullptr ? given : std::to_string(std::time(nullptr));
}

int sign(const signing::SecretKey& key, const fs::path& file, const std::string& comment) {
  const Descriptor opened(file);
  if (!opened.open()) return failed(file, std::strerror(errno));
  std::string error;
  const auto digest = signing::digest_of(opened.number(), error);
  if (!digest) return failed(file, error);
  const std::string said =
      !comment.empty() ? comment : fmt::format("timestamp:{}\tfile:{}\thashed", timestamp(), file.filename().string());
  const fs::path to = signature_file(file);
  std::ofstream out(to, std::ios::trunc);
  out << signing::Signature::make(key, *digest, said).file_text();
  out.close();
  return out ? kDone : failed(to, "it cannot be written");
}

int sign_files(const Values& values) {
  if (values.count("key") == 0 || texts(values, "file").empty()) {
    throw WrongUsage("it needs --key and at least one file");
  }
  const fs::path key_file = values["key"].as<std::string>();
  const auto text = read_text(key_file);
  if (!text) return failed(key_file, "it cannot be read");
  std::string error;
  const auto key = signing::SecretKey::parse(*text, error);
  if (!key) return failed(key_file, error);
  const std::string comment = values["comment"].as<std::string>();
  if (comment.find_first_of("\r\n") != std::string::npos) throw WrongUsage("--comment is one line");
  Json::Value signatures(Json::arrayValue);
  for (const std::string& file : texts(values, "file")) {
    if (sign(*key, file, comment) == kDone) signatures.append(signature_file(file).string());
  }
  if (wants_json(values)) std::cout << schema::to_pretty(signatures) << '\n';
  return signatures.size() == texts(values, "file").size() ? kDone : kFailed;
}

// The keys on the command line, or those the program was built with.
Trust trust_of(const Values& values) {
  Trust trust = compiled_trust();
  const Texts files = texts(values, "public-key");
  if (!files.empty()) trust.keys.clear();
  for (const std::string& file : files) {
    std::string error;
    const auto key = signing::PublicKey::parse(read_text(file).value_or(""), error);
    if (!key) throw WrongUsage(file + ": " + error);
    trust.keys.push_back(*key);
  }
  return trust;
}

std::vector<fs::path> asked_about(const Values& values) {
  std::vector<fs::path> files;
  for (const std::string& file : texts(values, "file")) files.emplace_back(file);
  if (!files.empty()) return files;
  auto path = plugin_path(values);
  for (const auto& folder : default_plugin_path()) path.push_back(folder);
  const Registry registry(std::move(path));
  for (const std::string& id : registry.ids()) {
    if (const fs::path file = registry.file_of(id); !file.empty()) files.push_back(file);
  }
  return files;
}

int verify(const Values& values) {
  const Trust trust = trust_of(values);
  Json::Value list(Json::arrayValue);
  bool all_valid = true;
  for (const fs::path& file : asked_about(values)) {
    const Judgement judgement = trust.judge(file);
    Json::Value one;
    one["file"] = file.string();
    one["signature"] = std::string(name_of(judgement.state));
    if (!judgement.key.empty()) one["key"] = judgement.key;
    if (!judgement.comment.empty()) one["comment"] = judgement.comment;
    if (!judgement.why.empty()) one["why"] = judgement.why;
    all_valid = all_valid && judgement.state == SignatureState::valid;
    list.append(one);
  }
  if (wants_json(values)) {
    std::cout << schema::to_pretty(list) << '\n';
  } else {
    for (const Json::Value& one : list) {
      std::cout << fmt::format("{:<12} {}{}\n", one["signature"].asString(), one["file"].asString(),
                               one.isMember("why") ? ": " + one["why"].asString() : "");
    }
  }
  return all_valid ? kDone : kFailed;
}

}  // namespace

std::vector<Verb> signing_verbs() {
  const auto files = [] { return po::value<Texts>()->multitoken()->value_name("FILE"); };
  Options of_keygen;
  add_output(of_keygen);
  of_keygen.add_options()("name", po::value<std::string>()->default_value("plugins")->value_name("NAME"),
                          "writes NAME.key and NAME.pub");
  Options of_sign;
  add_output(of_sign);
  of_sign.add_options()("key,k", po::value<std::string>()->value_name("FILE"), "the secret key")(
      "comment", po::value<std::string>()->default_value("")->value_name("TEXT"),
      "what is signed along; else when and which file")("file", files(), "signed into FILE.minisig");
  Options of_verify;
  add_plugin_path(add_output(of_verify));
  of_verify.add_options()("public-key,p", po::value<Texts>()->value_name("FILE"),
                          "a key to trust instead of those compiled in; may be given several times")(
      "file", files(), "else all plugins that are installed");
  return {make_verb("plugin keygen", "make a key pair that signs plugins, as minisign -G -W does", of_keygen, "name",
                    &keygen),
          make_verb("plugin sign", "sign plugins or other files, as minisign -S does", of_sign, "file", &sign_files),
          make_verb("plugin verify", "say of each plugin whether it is what a trusted key signed", of_verify, "file",
                    &verify)};
}

}  // namespace trellis::loading

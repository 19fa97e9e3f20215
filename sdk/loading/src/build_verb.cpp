// The work is that of scripts/build-vendor: it needs sources and compilers, which no installed program has.
#include "build_verb.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <trellis/brand/brand.hpp>

namespace trellis::loading {
namespace {

namespace fs = std::filesystem;

// The script of the tree that `inside` lies in, or nothing.
fs::path script_around(fs::path inside) {
  std::error_code code;
  for (; !inside.empty(); inside = inside.parent_path()) {
    fs::path script = inside / "scripts" / "build-vendor";
    if (fs::exists(script, code)) return script;
    if (inside == inside.root_path()) break;
  }
  return {};
}

int build(const console::Words& words) {
  std::error_code code;
  fs::path script = script_around(fs::current_path(code));
  if (script.empty()) script = script_around(fs::read_symlink("/proc/self/exe", code));
  if (script.empty()) {
    std::cerr << brand::brand().program << " build: it needs Trellis's source tree; run it there\n";
    return console::kFailed;
  }
  console::Words command = {script.string()};
  command.insert(command.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  std::cerr << script.string() << ": " << std::strerror(errno) << '\n';
  return console::kFailed;
}

}  // namespace

console::Verb build_verb() {
  return {"build", "build what a vendor ships, in a source tree: see docs/vendor-builds.md",
          [](const std::string& /*called*/, const console::Words& words) { return build(words); }};
}

}  // namespace trellis::loading

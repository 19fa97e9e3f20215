// trellis-plugin-check: says whether plugin files keep to the contract.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <trellis/schema/near_match.hpp>
#include <vector>

#include "checks.hpp"

namespace {

constexpr std::string_view kHelp =
    R"(Usage: trellis-plugin-check [options] PLUGIN.so...

Checks that plugin files keep to the contract of Trellis plugins: what they export, what they say about
themselves, and that they live through create, configure, start, stop and destroy.

  --settings JSON   configure with these settings; @FILE reads them from a file
                    (default: none, or the first example of the plugin's schema where it requires some)
  -o FORMAT         text, for people, or json: one JSON object per file
  --help            this text

Exit codes: 0 all conform, 1 one does not, 2 wrong usage.
The plugin's code runs in this process: check files you would load.
)";

int usage_error(const std::string& what) {
  std::fprintf(stderr, "trellis-plugin-check: %s\n%s", what.c_str(), std::string(kHelp).c_str());
  return 2;
}

struct Arguments {
  trellis::check::CheckOptions options;
  std::vector<std::string> files;
  bool json = false;
};

std::string parse(const std::vector<std::string>& words, Arguments& out) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool takes_value = word == "--settings" || word == "-o";
    if (takes_value && i + 1 == words.size()) return word + " needs a value";
    if (word == "--settings") {
      std::string settings = words[++i];
      if (settings.starts_with('@')) {
        std::ifstream in(settings.substr(1));
        if (!in) return "cannot read " + settings.substr(1);
        settings.assign(std::istreambuf_iterator<char>(in), {});
      }
      out.options.settings = settings;
    } else if (word == "-o") {
      const std::vector<std::string> known = {"text", "json"};
      const std::string& format = words[++i];
      if (std::find(known.begin(), known.end(), format) == known.end()) {
        return "there is no output format \"" + format + "\", expected " + trellis::schema::one_of(known) +
               trellis::schema::did_you_mean(trellis::schema::near_match(format, known));
      }
      out.json = format == "json";
    } else if (word.starts_with('-')) {
      return "unknown option " + word;
    } else {
      out.files.push_back(word);
    }
  }
  return out.files.empty() ? "name a plugin file" : "";
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> all(words + 1, words + count);
  for (const std::string& word : all) {
    if (word == "--help" || word == "-h") {
      std::fputs(std::string(kHelp).c_str(), stdout);
      return 0;
    }
  }
  Arguments arguments;
  if (const std::string wrong = parse(all, arguments); !wrong.empty()) return usage_error(wrong);
  bool conform = true;
  for (const std::string& file : arguments.files) {
    const auto report = trellis::check::check_file(file, arguments.options);
    std::fputs((arguments.json ? report.for_programs() : report.for_people()).c_str(), stdout);
    conform = conform && report.conforms();
  }
  return conform ? 0 : 1;
}

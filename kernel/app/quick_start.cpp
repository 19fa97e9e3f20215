#include "app/quick_start.hpp"

#include <fstream>
#include <iterator>

namespace trellis::kernel {
namespace {

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

std::optional<QuickStart> find_quick_start() {
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  const auto folder = program.parent_path().parent_path() / "share" / "trellis";
  if (code || !std::filesystem::exists(folder / "dev.json", code)) return std::nullopt;
  return QuickStart{folder / "dev.json", folder / "dev.txt"};
}

std::string hints_for(const QuickStart& quick, const std::vector<BoundListener>& listening) {
  std::ifstream file(quick.hints);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const BoundListener& listener : listening) {
    const std::size_t colon = listener.address.rfind(':');
    replace_all(text, "{" + listener.name + ".host}", listener.address.substr(0, colon));
    replace_all(text, "{" + listener.name + ".port}", listener.address.substr(colon + 1));
  }
  return text;
}

}  // namespace trellis::kernel

#include "ctl/inputs.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace management::ctl {

trellis::Result<std::string> read_text(const std::string& path) {
  if (path == "-") return std::string{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  std::ifstream file(path, std::ios::binary);
  std::error_code none;
  if (!file || std::filesystem::is_directory(path, none)) return trellis::fail("cannot read " + path);
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

trellis::Result<std::string> read_argument(const std::string& argument) {
  if (argument == "-") return read_text(argument);
  return argument.starts_with('@') ? read_text(argument.substr(1)) : argument;
}

}  // namespace management::ctl

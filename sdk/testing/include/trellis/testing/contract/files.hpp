// Files that samples name in settings.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

namespace trellis::testing {

/// Files of this process, gone when it ends: samples have one as a static.
class SampleFiles {
 public:
  /// name: of a folder that no other suite uses.
  explicit SampleFiles(const std::string& name)
      : root_(::testing::TempDir() + "trellis-contract-" + name + "-" + std::to_string(std::random_device{}())) {
    std::filesystem::create_directories(root_);
  }
  SampleFiles(const SampleFiles&) = delete;
  SampleFiles& operator=(const SampleFiles&) = delete;
  ~SampleFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// Where a file is that says this. Made beside the old one and then in its place, for a plugin may be reading that.
  std::string put(const std::string& name, std::string_view text) const {
    std::string path = root_ + "/" + name;
    std::ofstream(path + ".new", std::ios::binary) << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  /// A folder that is empty, another one each time.
  std::string folder() {
    const std::string path = root_ + "/" + std::to_string(++folders_);
    std::filesystem::create_directories(path);
    return path;
  }

 private:
  std::string root_;
  int folders_ = 0;
};

}  // namespace trellis::testing

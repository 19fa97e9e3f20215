// What every store promises, on real folders.
#include <unistd.h>

#include <filesystem>
#include <trellis/testing/contract/store.hpp>

#include "store_journal.hpp"

namespace {

/// Folders of this process, gone when it ends.
class Folders {
 public:
  ~Folders() { std::filesystem::remove_all(root_); }
  std::string next() { return root_ + "/" + std::to_string(++count_); }

 private:
  std::string root_ = testing::TempDir() + "trellis-contract-" + std::to_string(::getpid());
  int count_ = 0;
};

struct StoreJournalSamples : trellis::testing::StoreSamples {
  using Plugin = store_journal::StoreJournal;
  static std::string settings() {
    static Folders folders;
    const std::string path = folders.next();
    std::filesystem::create_directories(path);
    return R"({"path": ")" + path + R"(", "free_space": 0})";
  }
  static std::vector<std::string> wrong_settings() { return {"{}", R"({"path": "/proc/no-such-folder/store"})"}; }
};
TRELLIS_CONTRACT_SUITE(Store, StoreJournalSamples);

}  // namespace

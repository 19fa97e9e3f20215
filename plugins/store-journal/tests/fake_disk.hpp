// A disk in memory that forgets like a real one: what was not synced may be lost, torn or come in another order, and
// what a failed sync let go is read all the same for as long as the machine runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/disk.hpp"

namespace journal::testing {

class FakeDisk final : public Disk {
 public:
  /// What files hold, by name.
  using Image = std::map<std::string, std::string>;
  /// One of the calls that change something or wait for the medium.
  struct Call {
    std::uint64_t number;   // of all, from 1
    std::string_view what;  // "write", "sync", "open", "allocate", "truncate", "rename", "remove", "sync names", "read"
    std::string_view name;
  };

  FakeDisk() = default;
  explicit FakeDisk(const Image& image);

  /// Asked before every call; what it answers but 0 is the call's failure.
  void on_call(std::function<Errno(const Call&)> hook);
  /// After a failed sync files still read as they were written, as most file systems of Linux do; otherwise as the
  /// medium has them. Either way the next sync says nothing of it.
  void keep_after_failed_sync(bool keep);
  /// Syncs of files take until that is over; all else goes on.
  void let_syncs_hang(bool hang) {
    syncs_hang_ = hang;
    syncs_hang_.notify_all();
  }
  /// Most bytes of all files.
  void limit(std::uint64_t bytes);
  std::uint64_t used() const;
  std::uint64_t free() const;
  std::uint64_t calls() const;
  /// The last ones, the oldest first, as sentences for somebody who looks for why.
  std::vector<std::string> last_calls() const;

  /// Everything that was written: what is left after the process died.
  Image written() const;
  /// What is left after the power went.
  Image after_power_cut(std::mt19937& random) const;
  /// From that call on nothing works; the image is what is left then. That call itself may have been done in part: of a
  /// write any number of its first bytes.
  void die_at(std::uint64_t call, bool power, std::uint32_t seed);
  /// Another process comes after one that died, on a machine that ran on.
  void revive();
  bool dead() const;
  /// The image of the moment it died, or of now.
  Image image() const;

  Errno open(const std::string& name, Mode mode, std::shared_ptr<File>& file) override;
  Errno rename(const std::string& from, const std::string& to) override;
  Errno remove(const std::string& name) override;
  Errno list(std::vector<std::string>& names) override;
  Errno sync_names() override;
  Errno free_bytes(std::uint64_t& bytes) override;

 private:
  friend class FakeFile;
  struct Piece {
    std::uint64_t at;
    std::string bytes;  // none: the file gets the size `at`
    bool resizes;
  };
  struct Inode {
    std::string written;
    std::string durable;
    std::vector<Piece> unsynced;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  static void put(std::string& into, const Piece& piece);
  Errno begin(std::string_view what, std::string_view name);
  bool dies_now() const { return !dead_ && die_at_ != 0 && calls_ + 1 >= die_at_; }
  bool fits(std::uint64_t more) const;
  Errno refused(std::uint64_t size);
  Errno answered(Errno code);
  std::uint64_t used_locked() const;
  Image power_image(std::mt19937& random) const;
  Image written_image() const;

  std::atomic<bool> syncs_hang_ = false;
  mutable std::mutex mutex_;
  Names names_;
  Names durable_names_;
  std::vector<Names> past_names_;  // since the last sync of names, each possible after a power cut
  std::function<Errno(const Call&)> hook_;
  std::uint64_t calls_ = 0;
  std::deque<std::string> last_calls_;
  std::uint64_t limit_ = UINT64_MAX;
  std::uint64_t die_at_ = 0;
  bool power_ = false;
  std::uint32_t seed_ = 0;
  bool dead_ = false;
  bool keep_ = false;
  Image last_;
};

}  // namespace journal::testing

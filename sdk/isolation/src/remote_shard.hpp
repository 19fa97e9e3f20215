// An isolated plugin on one shard: what the kernel calls becomes frames, and frames become answers.
#pragma once

#include <trellis/abi/connection.h>

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/isolation/wire.hpp>
#include <trellis/runtime/shard.hpp>
#include <utility>

#include "remote.hpp"

namespace trellis::isolation {

/// All on its shard's thread. Everything it is asked is answered: by the plugin, or with the fallback where its process
/// is away, does not answer in time, or has not taken what it was told before.
class RemoteShard final : public runtime::Pollable, public runtime::Deferred {
 public:
  RemoteShard(Remote& remote, runtime::Shard& shard);
  ~RemoteShard();

  /// A process answers from now on.
  void adopt(std::shared_ptr<Process> process);
  /// That one ended: whoever waits for it gets the fallback. Any other stays.
  void lost(std::shared_ptr<Process> process);
  void close();
  /// What a thread of the plugin's own said.
  void told_elsewhere(const Process& process, std::string_view frame);

  /// Begins what call() or tell() sends.
  Encoder& begin();
  /// Waits for the answer, no longer than the deadline; nothing without one, which is counted by the caller.
  std::optional<std::string> call(Frame type);
  /// False where nobody will hear it.
  bool tell(Frame type);
  /// The answer to this comes later. False: it does not, because nobody was told.
  bool tell(Frame type, trellis_token token);
  void forget(trellis_token token) { pending_.erase(token); }

  void count_fallbacks(std::int64_t number);
  Remote& remote() const noexcept { return remote_; }
  std::uint32_t index() const noexcept { return shard_.index(); }
  std::uint32_t fallback() const noexcept { return remote_.isolation().fallback; }
  const std::shared_ptr<Process>& process() const noexcept { return process_; }
  std::uint64_t next_stream() noexcept { return ++streams_ << 8 | shard_.index(); }

  void on_ready(std::uint32_t events) override;
  void run_deferred() override;

 private:
  struct Hang final : runtime::Timer {
    explicit Hang(RemoteShard& of) : Timer(&RemoteShard::on_hang), home(of) {}
    RemoteShard& home;
  };
  static void on_hang(runtime::Timer& timer);
  bool usable() const noexcept { return process_ != nullptr && !process_->dead(); }
  Channel& channel() noexcept { return process_->channels->shard(shard_.index()); }
  bool send(Frame type);
  bool next(Frame& type, std::string& body);
  std::optional<std::string> reply_to(std::uint64_t question);
  void set_aside(Frame type, std::string body);
  std::pair<Frame, std::string> take_waiting();
  void forget_waiting();
  std::optional<std::string> wait_for(std::uint64_t question);
  void too_late(std::uint64_t question);
  void drain();
  void told(Frame type, std::string_view body);
  void answered(Decoder& body, trellis_token token);
  void settled(Decoder& body, trellis_token token);
  void responded(Decoder& body, trellis_token token);
  void published(Decoder& body);
  void fall_back(trellis_token token);
  void broken();

  Remote& remote_;
  runtime::Shard& shard_;
  std::shared_ptr<Process> process_;
  Encoder out_;
  std::uint64_t asked_ = 0;
  std::uint64_t late_ = 0;  // what was asked and not answered in time; 0: nothing
  std::uint64_t streams_ = 0;
  boost::unordered_flat_set<trellis_token> pending_;
  std::deque<std::pair<Frame, std::string>> waiting_;  // came while an answer was waited for
  std::size_t waiting_bytes_ = 0;                      // of them, about
  Hang hang_{*this};
  bool closed_ = false;
};

}  // namespace trellis::isolation

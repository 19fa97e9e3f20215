// Messages on their way from one shard to another: one letter per turn of the sender.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <trellis/keeping/message.hpp>
#include <trellis/runtime/mailbox.hpp>
#include <utility>
#include <vector>

#include "names.hpp"
#include "queue/subscriber.hpp"

namespace trellis::kernel {

class Router;

/// Small messages are copied into the letter's own memory, and of those that differ from the one before in nothing but
/// the payload only that: what the other core has to fetch is what a message costs here. Large ones and those kept
/// anyway travel as references.
///
/// Filled on the sender's thread, read and freed on the receiver's.
class Handover final : public MailItem {
 public:
  struct Destination {
    std::uint32_t name_space;
    std::uint32_t group = 0;
    std::uint64_t receiver = 0;  // 0: everybody there who matches
    std::uint32_t identifier = 0;
    std::uint8_t qos = 0;
    bool retain_as_published = false;
    bool operator==(const Destination&) const = default;
  };

  Handover(Router& target, std::uint32_t from) noexcept : target_(target), from_(from) {}
  ~Handover() override;
  /// The messages are of one topic, those not kept of one publisher's batch too, and may be borrowed. number: of the
  /// first of them in the store, which has them in a row; 0: they are not there.
  void add(const Destination& to, const Message* const* messages, std::uint32_t count, std::uint64_t number = 0);
  /// Room in a queue there, which is given back once the messages came.
  void promise(std::uint64_t subscriber, Subscriber::Room room) { promised_.push_back({subscriber, room}); }
  void run() override;
  /// Whether the store has some of it.
  bool stored() const noexcept { return stored_; }

 private:
  static constexpr std::size_t kSmall = 1024;
  static constexpr std::uint32_t kMostInRun = 128;
  /// Messages of one topic. Unless they are kept, in the chunk behind it lie the first of them with all it points to,
  /// then size and payload of each of the others.
  struct Run {
    Destination to;
    std::uint32_t count;
    bool kept;             // in memory
    std::uint64_t number;  // in the store
  };
  struct Chunk {
    static constexpr std::size_t kBytes = 32 * 1024;
    std::size_t used = 0;
    alignas(Message) std::byte bytes[kBytes];
  };
  void begin(const Destination& to, const Message& message, bool kept, std::uint64_t number);
  bool follow(std::string_view payload);
  std::byte* room(std::size_t bytes);
  const std::byte* read(const Run& run, const std::byte* at);

  Router& target_;
  const std::uint32_t from_;
  bool stored_ = false;
  Run* run_ = nullptr;              // the last one
  const Message* first_ = nullptr;  // its first message, in the chunk or kept
  std::vector<const Message*> kept_;
  std::vector<std::pair<std::uint64_t, Subscriber::Room>> promised_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace trellis::kernel

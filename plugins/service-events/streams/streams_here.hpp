/// Streams of event subscriptions: the side of their users, on one shard.
#pragma once

#include <trellis/abi/stream.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "directory.hpp"
#include "mqtt_form.hpp"
#include "streams/taker.hpp"

namespace events_service {

class TopicsHere;

/// What users say is told to the shard of the topic a turn later, all of it at once; what comes from there is never
/// given in the middle of a user's call, also where both are the same shard. Everything is for its shard.
class StreamsHere {
 public:
  explicit StreamsHere(TopicsHere& here);
  ~StreamsHere();

  static const trellis_streams& table() noexcept;

  // From where the topic lives.
  void deliver(StreamNumber number, StreamBatch batch);
  void end(StreamNumber number, std::string_view reason);
  /// The plugin is drained: all of them are over.
  void drain();

  // To where the user is, from the shard of the topic.
  void send(const Taker& taker, StreamBatch batch) const;
  void send_end(StreamNumber number, std::uint32_t shard, std::string_view reason) const;

 private:
  struct Stream;
  /// A stream whose user has closed it.
  struct Closed {
    StreamNumber number;
    SubscriptionId subscription;
    std::uint32_t home;
    std::uint64_t last_taken;
    StreamNews news;
  };
  trellis_status open(std::uint32_t name_space, std::string_view queue, std::uint32_t flags, std::uint32_t window,
                      const trellis_stream_user& table, void* user, trellis_stream** stream);
  void start(const Stream& stream, std::shared_ptr<const TopicView> topic, std::uint32_t window);
  void close(Stream& stream);
  void tell_closed(Closed closed);
  Stream* find(StreamNumber number);
  std::uint32_t give(Stream& stream, const StreamBatch& batch);
  std::uint32_t give_whole(Stream& stream, const StreamBatch& batch);
  std::uint32_t give_in_parts(Stream& stream, const StreamBatch& batch);
  void tell_soon(Stream& stream);
  void tell();
  void forget(Stream& stream);

  TopicsHere& here_;
  std::unordered_map<StreamNumber, std::unique_ptr<Stream>> all_;
  std::vector<StreamNumber> to_tell_;
  StreamNumber delivering_ = 0;   // the stream whose user has a batch now; 0: none
  std::optional<Closed> closed_;  // that one, where its user closed it meanwhile
  MqttForm form_;
  // Their room is used again, as that of the next.
  std::vector<trellis_publication> publications_;
  std::vector<trellis_stream_item> items_;
  std::vector<trellis_pair> properties_;
  std::vector<std::array<char, 10>> counts_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace events_service

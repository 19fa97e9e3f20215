#include "queue/kept_queue.hpp"

#include <algorithm>
#include <trellis/keeping/bytes.hpp>
#include <utility>

#include "names.hpp"
#include "queue/subscriber.hpp"
#include "queue/subscriber_record.hpp"

namespace trellis::kernel {
namespace {

/// What comes before the identifiers.
struct Extra {
  std::uint32_t group;
  std::uint8_t qos;
  std::uint8_t retain;
  std::uint16_t identifiers;
};
// More would not fit; nobody has so many subscriptions that overlap.
constexpr std::size_t kMostIdentifiers = (TRELLIS_STORE_MOST_EXTRA - sizeof(Extra)) / sizeof(std::uint32_t);

}  // namespace

std::uint64_t KeptQueue::append(KeptBodies& bodies, std::size_t place, const Message& message,
                                const QueueEntry& entry) {
  if (left_) return 0;
  char bytes[TRELLIS_STORE_MOST_EXTRA];
  const std::size_t identifiers = std::min(entry.identifiers.size(), kMostIdentifiers);
  const Extra extra{entry.group, entry.qos, entry.retain, static_cast<std::uint16_t>(identifiers)};
  std::memcpy(bytes, &extra, sizeof extra);
  std::memcpy(bytes + sizeof extra, entry.identifiers.data(), identifiers * sizeof(std::uint32_t));
  keeper_.append(bodies.level > TRELLIS_DURABILITY_VOLATILE ? bodies.level : level_, bodies, place, message, queue_,
                 ++last_, {bytes, sizeof extra + identifiers * sizeof(std::uint32_t)});
  return last_;
}

bool KeptQueue::read(const KeptEntry& kept, QueueEntry& entry) {
  BytesReader reader(kept.extra);
  const auto extra = reader.value<Extra>();
  if (!kept.message || extra.qos > 2) return false;
  entry.message = kept.message;
  entry.number = kept.number;
  entry.group = extra.group;
  entry.qos = extra.qos;
  entry.retain = extra.retain != 0;
  for (std::uint16_t i = 0; i < extra.identifiers; ++i) entry.identifiers.push_back(reader.value<std::uint32_t>());
  entry.tag = kept.note.words[0];
  entry.deliveries = static_cast<std::uint16_t>(kept.note.words[1] >> 8);
  entry.redelivered = entry.tag != 0 || entry.deliveries != 0;
  entry.state = QueueEntry::State::available;
  return reader.done();
}

void KeptQueue::leave() noexcept {
  left_ = true;
  unlink();  // its record
  if (reading_ != 0) keeper_.forget(std::exchange(reading_, 0));
}

void KeptQueue::end() {
  if (left_) return;
  leave();
  std::string key;
  std::string value;
  write_record(key, value);
  keeper_.drop(level_, queue_);
  keeper_.remove(level_, key);
}

void KeptQueue::read_more(std::uint32_t entries, Keeper::Read answer) {
  if (reading_ != 0 || left_) return;
  asked_unread_ = unread_;
  reading_ = keeper_.read(queue_, read_until_, entries, kReadBytes, std::move(answer));
}

void KeptQueue::count_read(const KeptEntry& entry) noexcept {
  read_until_ = entry.number;
  if (unread_ > 0) --unread_;
  unread_bytes_ -= std::min<std::uint64_t>(unread_bytes_, entry.message ? entry.message->bytes() : 0);
  if (unread_ == 0) unread_bytes_ = 0;
}

std::uint64_t KeptQueue::miss_unread() noexcept {
  const std::uint64_t missed = std::min(asked_unread_, unread_);
  unread_ -= missed;
  if (unread_ == 0) unread_bytes_ = 0;
  return missed;
}

void KeptQueue::write_record(std::string& key, std::string& value) const {
  SubscriberRecord record;
  record.owner = owner;
  record.queue = queue_;
  record.expiry_ms = expiry_ms;
  record.away_since_ms = away_since_ms;
  record.home = home;
  subscriber_.fill(record);
  key = SubscriberRecord::key(subscriber_.space_name(), subscriber_.name());
  record.encode(value);
}

}  // namespace trellis::kernel

#include "kept_session.hpp"

#include <cstring>
#include <trellis/view.hpp>
#include <type_traits>
#include <vector>

namespace trellis::mqtt {
namespace {

/// First byte of a memo, so that a later form can be told apart.
constexpr std::uint8_t kForm = 2;
/// The same with queues before the will, where there are any.
constexpr std::uint8_t kFormWithQueues = 3;

template <class Number>
void add(std::string& to, Number number) {
  static_assert(std::is_integral_v<Number>);
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void add(std::string& to, trellis_view text) {
  add(to, static_cast<std::uint32_t>(text.size));
  to.append(text.data, text.size);
}

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) noexcept : left_(bytes) {}
  template <class Number>
  Number number() noexcept {
    Number number{};
    good_ = good_ && left_.size() >= sizeof number;
    if (!good_) return number;
    std::memcpy(&number, left_.data(), sizeof number);
    left_.remove_prefix(sizeof number);
    return number;
  }
  trellis_view text() noexcept {
    const auto size = number<std::uint32_t>();
    good_ = good_ && left_.size() >= size;
    if (!good_) return {nullptr, 0};
    const trellis_view text = view(left_.substr(0, size));
    left_.remove_prefix(size);
    return text;
  }
  std::size_t left() const noexcept { return left_.size(); }
  bool good() const noexcept { return good_; }

 private:
  std::string_view left_;
  bool good_ = true;
};

std::unique_ptr<Will> load_will(Bytes& bytes) {
  const auto name_space = bytes.number<std::uint32_t>();
  const auto delay_s = bytes.number<std::uint32_t>();
  const trellis_view client_id = bytes.text();
  const trellis_view identity = bytes.text();
  trellis_publication said{};
  said.struct_size = sizeof said;
  said.flags = bytes.number<std::uint32_t>();
  said.qos = bytes.number<std::uint32_t>();
  said.expiry_s = bytes.number<std::uint32_t>();
  for (trellis_view* text :
       {&said.topic, &said.payload, &said.content_type, &said.response_topic, &said.correlation_data}) {
    *text = bytes.text();
  }
  const auto count = bytes.number<std::uint32_t>();
  if (!bytes.good() || count > bytes.left() / (2 * sizeof(std::uint32_t))) return nullptr;
  std::vector<trellis_pair> properties(count);
  for (trellis_pair& pair : properties) {
    pair.name = bytes.text();
    pair.value = bytes.text();
  }
  said.user_properties = properties.data();
  said.user_property_count = count;
  if (!bytes.good() || said.topic.size == 0 || said.qos > 2) return nullptr;
  return std::make_unique<Will>(said, text(client_id), text(identity), name_space, delay_s);
}

bool load_queues(Bytes& bytes, std::vector<KeptSession::Queue>& queues) {
  const auto count = bytes.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && bytes.good(); ++i) {
    const std::string_view filter = text(bytes.text());
    const auto identifier = bytes.number<std::uint32_t>();
    if (!bytes.good() || !filter.starts_with(kQueuePrefix)) return false;
    queues.push_back({std::string(filter), identifier});
  }
  return bytes.good();
}

}  // namespace

std::string KeptSession::save(Version version, std::uint32_t expiry_s, std::string_view incoming, const Will* will,
                              const Queues* queues) {
  const bool with_queues = queues != nullptr && !queues->all.empty();
  std::string memo;
  add(memo, with_queues ? kFormWithQueues : kForm);
  add(memo, static_cast<std::uint8_t>(version));
  add(memo, expiry_s);
  add(memo, view(incoming));
  if (with_queues) {
    add(memo, static_cast<std::uint32_t>(queues->all.size()));
    for (const auto& queue : queues->all) {
      add(memo, view(queue->filter));
      add(memo, queue->identifier);
    }
  }
  if (will == nullptr) return memo;
  const trellis_publication& said = will->publication();
  add(memo, will->name_space());
  add(memo, will->delay_s());
  add(memo, will->client_id());
  add(memo, will->identity());
  add(memo, said.flags);
  add(memo, said.qos);
  add(memo, said.expiry_s);
  for (const trellis_view& text :
       {said.topic, said.payload, said.content_type, said.response_topic, said.correlation_data}) {
    add(memo, text);
  }
  add(memo, said.user_property_count);
  for (std::uint32_t i = 0; i < said.user_property_count; ++i) {
    add(memo, said.user_properties[i].name);
    add(memo, said.user_properties[i].value);
  }
  return memo;
}

std::optional<KeptSession> KeptSession::load(std::string_view memo) {
  Bytes bytes(memo);
  KeptSession session;
  const auto form = bytes.number<std::uint8_t>();
  const auto version = bytes.number<std::uint8_t>();
  session.expiry_s = bytes.number<std::uint32_t>();
  session.incoming = text(bytes.text());
  if (form == kFormWithQueues && !load_queues(bytes, session.queues)) return std::nullopt;
  if (!bytes.good() || form < kForm || form > kFormWithQueues || version > static_cast<std::uint8_t>(Version::v5))
    return std::nullopt;
  session.version = static_cast<Version>(version);
  if (bytes.left() > 0) {
    session.will = load_will(bytes);
    if (session.will == nullptr || bytes.left() > 0) return std::nullopt;
  }
  return session;
}

}  // namespace trellis::mqtt

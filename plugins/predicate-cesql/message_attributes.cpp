#include "message_attributes.hpp"

#include <algorithm>
#include <new>

namespace cesql {
namespace {

bool is_structured(std::string_view content_type) noexcept {
  constexpr std::string_view kType = "application/cloudevents+json";
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  if (content_type.size() < kType.size()) return false;
  if (!std::equal(kType.begin(), kType.end(), content_type.begin(), [&](char a, char b) { return same(b, a); })) {
    return false;
  }
  const std::string_view rest = content_type.substr(kType.size());
  return rest.empty() || rest[0] == ';' || rest[0] == ' ';
}

}  // namespace

std::optional<Value> MessageAttributes::look(std::string_view name) const noexcept {
  if (structured_ != nullptr) return structured_->find(name);
  if (name == "datacontenttype") {
    if (!message_.has(TRELLIS_MESSAGE_HAS_CONTENT_TYPE)) return std::nullopt;
    return Value::of(message_.content_type());
  }
  if (name == "data") return std::nullopt;
  for (const auto& [key, value] : message_.user_properties()) {
    if (key == name) return Value::of(value);
  }
  return std::nullopt;
}

bool MessageAttributes::complete() const noexcept {
  const auto text = [&](std::string_view name) {
    const auto found = look(name);
    return found && found->type == Type::text ? found->text : std::string_view();
  };
  return text("specversion") == "1.0" && !text("id").empty() && !text("source").empty() && !text("type").empty();
}

bool MessageAttributes::read() noexcept {
  read_ = true;
  if (is_structured(message_.content_type())) {
    if (message_.payload().size() > event_bytes_) return false;
    try {
      structured_ = StructuredEvent::read(message_.payload());
    } catch (const std::bad_alloc&) {
      structured_ = nullptr;
    }
    if (structured_ == nullptr) return false;
  }
  return complete();
}

std::optional<Value> MessageAttributes::find(std::string_view name) noexcept {
  if (!read_) is_event_ = read();
  return is_event_ ? look(name) : std::nullopt;
}

}  // namespace cesql

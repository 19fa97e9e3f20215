#include "kind_example.hpp"

#include <string>
#include <utility>

namespace {

/// One subscription's filter. Shared by all shards, so it never changes.
class Contains final : public trellis::Condition {
 public:
  explicit Contains(std::string text) : text_(std::move(text)) {}

  bool matches(const trellis::Message& message) const noexcept override {
    return message.payload().find(text_) != std::string_view::npos;
  }

 private:
  std::string text_;
};

}  // namespace

trellis::Result<std::unique_ptr<trellis::Condition>> KindExample::compile(const trellis::Config& filter) {
  for (const auto& [name, value] : filter.members()) {
    if (name != "contains") return trellis::fail("/" + name + ": expected \"contains\"");
  }
  std::string text = filter.text("contains");
  if (text.empty()) return trellis::fail("/contains: expected a text that is not empty");
  return std::make_unique<Contains>(std::move(text));
}

TRELLIS_PLUGIN(KindExample)

// A constructor that throws: the SDK turns it into the error text.
#include <stdexcept>
#include <trellis/stage.hpp>

namespace {

class CreateThrows final : public trellis::Stage {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "bad", .version = "1.0.0", .summary = "Throws."};
  CreateThrows() { throw std::runtime_error("no memory card in slot 2"); }
  void on_messages(trellis::MessageBatch) noexcept override {}
};

}  // namespace

TRELLIS_PLUGIN(CreateThrows)

// A layer for tests of dialling: says a word and goes on when the peer says it back. Passes bytes as they are.
#include <string>
#include <trellis/layer.hpp>

namespace {

class KnockLayer final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "layer-knock",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Knocks before it lets anything through. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_CONNECTION}};

  static trellis::Schema schema() {
    return trellis::Schema{}.text("word", {.help = "What is said.", .fallback = "knock"});
  }
  trellis::Result<void> configure(const trellis::Config& config) override {
    word_ = std::string(config.text("word")) + '\n';
    return trellis::ok();
  }
  bool dials() const noexcept override { return true; }
  bool secure() const noexcept override { return true; }

  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override {
    return std::make_unique<Stream>(io, word_);
  }

 private:
  class Stream final : public trellis::LayerStream {
   public:
    Stream(trellis::LayerIo io, const std::string& word) : io_(io), word_(word) { io_.down(word_); }
    bool on_input(std::string_view bytes) noexcept override {
      if (ready_) return io_.up(bytes), true;
      heard_ += bytes;
      if (heard_.size() < word_.size()) return true;
      if (!heard_.starts_with(word_)) {
        error_ = "nobody opens";
        return false;
      }
      ready_ = true;
      io_.ready();
      if (heard_.size() > word_.size()) io_.up(std::string_view(heard_).substr(word_.size()));
      return true;
    }
    bool on_output(std::string_view bytes) noexcept override {
      io_.down(bytes);
      return ready_;
    }
    std::string_view fact(std::string_view name) noexcept override {
      return name == TRELLIS_FACT_ERROR ? std::string_view(error_) : std::string_view();
    }

   private:
    trellis::LayerIo io_;
    const std::string& word_;
    std::string heard_;
    std::string error_;
    bool ready_ = false;
  };

  std::string word_;
};

}  // namespace

TRELLIS_PLUGIN(KnockLayer);

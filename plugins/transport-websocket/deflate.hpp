/// Compression of single messages (RFC 7692, 7.2): raw deflate without the empty block at the end.
#pragma once

#include <zlib.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace transport_websocket {

/// Decompresses one message after another.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Gives what the piece decompresses to to use(), in pieces; use() answers false to stop. False when it did or the
  /// data is damaged.
  bool add(std::string_view piece, const std::function<bool(std::string_view)>& use);
  /// The message ends. As add().
  bool finish(const std::function<bool(std::string_view)>& use);
  /// Ready for another message, whatever came before.
  void reset();

 private:
  z_stream stream_{};
  bool ended_ = false;
};

/// Compresses a whole message, with nothing remembered of those before.
class Deflater {
 public:
  explicit Deflater(int window_bits);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  int window_bits() const noexcept { return window_bits_; }
  /// Good until the next call.
  std::string_view compress(std::string_view message);

 private:
  z_stream stream_{};
  int window_bits_;
  std::string out_;
};

/// One for the connections of this thread that have a message under way: an idle connection owns none.
std::unique_ptr<Inflater> borrow_inflater();
void give_back(std::unique_ptr<Inflater> inflater) noexcept;
/// This thread's, for the window.
Deflater& deflater(int window_bits);

}  // namespace transport_websocket

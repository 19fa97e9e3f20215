#include "gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace trellis::http {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's way to say gzip instead of its own format
constexpr int kLevel = 1;
constexpr int kMemoryLevel = 8;

// zlib counts in int, and takes input it does not change by a pointer to non-const.
void give_input(z_stream& stream, std::string_view& rest) {
  const std::size_t piece = std::min<std::size_t>(rest.size(), std::numeric_limits<int>::max());
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
  stream.avail_in = static_cast<uInt>(piece);
  rest.remove_prefix(piece);
}

/// Decompresses one body.
class Inflater {
 public:
  explicit Inflater(ContentCoding coding) : members_(coding == ContentCoding::gzip) {
    ready_ = inflateInit2(&stream_, members_ ? kGzipWindow : MAX_WBITS) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::optional<ParseError> run(std::string_view body, std::size_t limit, std::string& decoded);

 private:
  bool begin_another_member();

  z_stream stream_{};
  std::array<char, 16 * 1024> room_{};
  std::string_view rest_;
  bool members_;  // gzip may be several streams, one after the other
  bool ready_ = false;
};

std::optional<ParseError> Inflater::run(std::string_view body, std::size_t limit, std::string& decoded) {
  if (!ready_) return ParseError{503, "there is no memory to decompress the body"};
  rest_ = body;
  // Each turn takes input or makes output; what makes neither is an error, Z_BUF_ERROR.
  for (;;) {
    if (stream_.avail_in == 0) give_input(stream_, rest_);
    stream_.next_out = reinterpret_cast<Bytef*>(room_.data());
    stream_.avail_out = static_cast<uInt>(room_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t made = room_.size() - stream_.avail_out;
    if (made > limit - decoded.size()) return ParseError{413, "the body is too large when it is decompressed"};
    decoded.append(room_.data(), made);
    if (result == Z_STREAM_END) {
      if (stream_.avail_in == 0 && rest_.empty()) return std::nullopt;
      if (!begin_another_member()) break;
    } else if (result != Z_OK) {
      break;
    }
  }
  return ParseError{400, "the body is not compressed the way its Content-Encoding says"};
}

bool Inflater::begin_another_member() { return members_ && inflateReset(&stream_) == Z_OK; }

}  // namespace

std::optional<std::string> compress_gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  std::string_view rest = body;
  give_input(stream, rest);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = rest.empty() && deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

std::optional<ParseError> decode_body(std::string_view body, ContentCoding coding, std::size_t limit,
                                      std::string& decoded) {
  return Inflater(coding).run(body, limit, decoded);
}

}  // namespace trellis::http

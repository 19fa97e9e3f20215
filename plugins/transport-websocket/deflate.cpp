#include "deflate.hpp"

#include <array>
#include <new>

namespace transport_websocket {
namespace {

constexpr std::string_view kTail("\x00\x00\xff\xff", 4);  // what the sender leaves out
constexpr std::size_t kPiece = 16 * 1024;
constexpr int kMemoryLevel = 8;
constexpr int kLargestWindow = 15;

Bytef* bytes_of(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // zlib does not write there
}

}  // namespace

Inflater::Inflater() {
  if (inflateInit2(&stream_, -kLargestWindow) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&stream_); }

bool Inflater::add(std::string_view piece, const std::function<bool(std::string_view)>& use) {
  std::array<char, kPiece> out;
  stream_.next_in = bytes_of(piece);
  stream_.avail_in = static_cast<uInt>(piece.size());
  while (!ended_) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
    const std::size_t made = out.size() - stream_.avail_out;
    if (made > 0 && !use({out.data(), made})) return false;
    ended_ = result == Z_STREAM_END;
    if (stream_.avail_out > 0) break;
  }
  // A final block may be followed by nothing but the tail (RFC 7692, 7.2.3.4).
  return true;
}

bool Inflater::finish(const std::function<bool(std::string_view)>& use) { return ended_ || add(kTail, use); }

void Inflater::reset() {
  inflateReset(&stream_);
  ended_ = false;
}

Deflater::Deflater(int window_bits) : window_bits_(window_bits) {
  if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() { deflateEnd(&stream_); }

std::string_view Deflater::compress(std::string_view message) {
  deflateReset(&stream_);
  stream_.next_in = bytes_of(message);
  stream_.avail_in = static_cast<uInt>(message.size());
  std::size_t made = 0;
  out_.resize(deflateBound(&stream_, static_cast<uLong>(message.size())) + 16);
  do {
    if (made == out_.size()) out_.resize(out_.size() * 2);
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data()) + made;
    stream_.avail_out = static_cast<uInt>(out_.size() - made);
    deflate(&stream_, Z_SYNC_FLUSH);
    made = out_.size() - stream_.avail_out;
  } while (stream_.avail_out == 0);
  return std::string_view(out_).substr(0, made - kTail.size());
}

namespace {
thread_local std::unique_ptr<Inflater> spare;
}

std::unique_ptr<Inflater> borrow_inflater() {
  if (spare == nullptr) return std::make_unique<Inflater>();
  spare->reset();
  return std::move(spare);
}

void give_back(std::unique_ptr<Inflater> inflater) noexcept { spare = std::move(inflater); }

Deflater& deflater(int window_bits) {
  thread_local std::array<std::unique_ptr<Deflater>, kLargestWindow + 1> by_window;
  auto& one = by_window[static_cast<std::size_t>(window_bits)];
  if (one == nullptr) one = std::make_unique<Deflater>(window_bits);
  return *one;
}

}  // namespace transport_websocket

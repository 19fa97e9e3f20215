#include "feed.hpp"

#include <algorithm>
#include <cstring>

namespace transport_tls {

struct FeedBio {
  static Feed& feed(BIO* bio) { return *static_cast<Feed*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    std::string_view& input = feed(bio).input_;
    BIO_clear_retry_flags(bio);
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(input.size(), static_cast<std::size_t>(size));
    std::memcpy(to, input.data(), taken);
    input.remove_prefix(taken);
    return static_cast<int>(taken);
  }
  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    feed(bio).io_.down({from, static_cast<std::size_t>(size)});
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trellis layer");
      BIO_meth_set_read(fresh, &read);
      BIO_meth_set_write(fresh, &write);
      BIO_meth_set_ctrl(fresh, &control);
      BIO_meth_set_create(fresh, &create);
      return fresh;
    }();
    return made;
  }
  static BIO* of_this_thread() {
    thread_local const Bio made(BIO_new(method()));
    return made.get();
  }
};

Feed::Feed(SSL* session, const trellis::LayerIo& io, ClientFacts& facts, std::string_view input)
    : session_(session),
      io_(io),
      facts_(facts),
      input_(input),
      outer_(BIO_get_data(FeedBio::of_this_thread())),
      inner_(SSL_get_rbio(session) != nullptr) {
  BIO* const bio = FeedBio::of_this_thread();
  BIO_set_data(bio, this);
  if (inner_) return;
  BIO_up_ref(bio);
  SSL_set_bio(session_, bio, bio);
}

Feed::~Feed() {
  if (!inner_) SSL_set_bio(session_, nullptr, nullptr);
  BIO_set_data(FeedBio::of_this_thread(), outer_);
}

ClientFacts& facts_of(SSL* session) { return FeedBio::feed(SSL_get_rbio(session)).facts_; }

}  // namespace transport_tls

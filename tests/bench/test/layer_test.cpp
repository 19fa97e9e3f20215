// What a layer wraps the other side can open, however the bytes are cut; what breaks the rules is an error.
#include "layer.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "certificate.hpp"

namespace trellis::bench {
namespace {

constexpr const char* kAccepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

void put(OutBuffer& out, std::string_view bytes) { std::copy(bytes.begin(), bytes.end(), out.extend(bytes.size())); }

std::string take(OutBuffer& out) {
  std::string bytes(out.data(), out.size());
  out.consume(out.size());
  return bytes;
}

/// A layer with its two ends; what the broker says is handed over in pieces of at most `piece` bytes.
struct End {
  std::unique_ptr<Layer> layer;
  std::size_t piece = SIZE_MAX;
  OutBuffer plain{};
  OutBuffer wire{};

  std::string hear(std::string_view said) {
    std::string heard;
    while (!said.empty()) {
      const std::string_view now = said.substr(0, piece);
      said.remove_prefix(now.size());
      std::vector<unsigned char> room(now.size() + Layer::kHeld);
      const std::size_t got =
          layer->decode({reinterpret_cast<const unsigned char*>(now.data()), now.size()}, room, wire);
      heard.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return heard;
  }
  std::string say(std::string_view text) {
    put(plain, text);
    layer->encode(plain, wire);
    return take(wire);
  }
};

End open_websocket(std::size_t piece = SIZE_MAX) {
  End end{.layer = make_websocket_layer(), .piece = piece};
  end.layer->start(end.wire);
  take(end.wire);
  EXPECT_EQ(end.hear(kAccepted), "");
  return end;
}

std::string error_of(std::string_view said, End end) {
  try {
    end.hear(said);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST(WebSocketLayer, WaitsForTheAnswerBeforeItSpeaks) {
  End end{.layer = make_websocket_layer()};
  end.layer->start(end.wire);
  EXPECT_TRUE(take(end.wire).starts_with("GET /mqtt HTTP/1.1\r\n"));
  EXPECT_EQ(end.say("abc"), "");
  EXPECT_EQ(end.hear(kAccepted), "");
  EXPECT_EQ(end.say(""), std::string("\x82\x83\0\0\0\0abc", 9));
}

TEST(WebSocketLayer, WritesLengthsInTheirShortestForm) {
  End end = open_websocket();
  EXPECT_EQ(end.say(std::string(126, 'x')).substr(0, 8), std::string("\x82\xfe\0\x7e\0\0\0\0", 8));
  EXPECT_EQ(end.say(std::string(65536, 'x')).substr(0, 14), std::string("\x82\xff\0\0\0\0\0\1\0\0\0\0\0\0", 14));
}

TEST(WebSocketLayer, ReadsFramesCutAnywhere) {
  const std::string frames = std::string(
                                 "\x02\x03"
                                 "abc\x80\x00\x82\x7e\x00\x80",
                                 11) +
                             std::string(128, 'd') + "\x82\x01" + "e";
  for (const std::size_t piece : {1, 2, 3, 7, 500}) {
    EXPECT_EQ(open_websocket(piece).hear(frames), "abc" + std::string(128, 'd') + "e") << piece;
  }
}

TEST(WebSocketLayer, AnswersPings) {
  for (const std::size_t piece : {1, 500}) {
    End end = open_websocket(piece);
    EXPECT_EQ(end.hear(std::string("\x89\x02hi\x89\x00\x8a\x01x\x82\x01y", 12)), "y");
    EXPECT_EQ(take(end.wire), std::string("\x8a\x82\0\0\0\0hi\x8a\x80\0\0\0\0", 14));
  }
}

TEST(WebSocketLayer, NamesWhatTheBrokerDidWrong) {
  EXPECT_EQ(error_of("\x88\x02\x03\xe8", open_websocket()), "WebSocket: the broker sent Close");
  EXPECT_EQ(error_of("\x82\x81", open_websocket()), "WebSocket: the broker masks");
  EXPECT_EQ(error_of("\x81\x01x", open_websocket()), "WebSocket: unexpected opcode 1");
  EXPECT_EQ(error_of("HTTP/1.1 404 Not Found\r\n\r\n", End{.layer = make_websocket_layer()}),
            "WebSocket: HTTP/1.1 404 Not Found");
}

/// The broker's half of TLS, over memory, with the comparison's certificate.
class TlsLayerTest : public testing::Test {
 protected:
  TlsLayerTest() {
    std::string folder = std::filesystem::temp_directory_path() / "trellis-bench-test-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    make_certificate(folder_);
    SSL_CTX_use_certificate_file(context_.get(), (folder_ / "server.pem").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), (folder_ / "server.key").c_str(), SSL_FILETYPE_PEM);
    broker_.reset(SSL_new(context_.get()));
    SSL_set_bio(broker_.get(), in_, out_);
    SSL_set_accept_state(broker_.get());
  }
  ~TlsLayerTest() override { std::filesystem::remove_all(folder_); }

  std::string broker_output() {
    std::string bytes(1 << 20, '\0');
    const int size = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  void broker_input(const std::string& bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }

  End connect(std::size_t piece) {
    End end{.layer = tls_layers()(), .piece = piece};
    end.layer->start(end.wire);
    for (int flight = 0; flight < 3; ++flight) {
      broker_input(take(end.wire));
      SSL_do_handshake(broker_.get());
      EXPECT_EQ(end.hear(broker_output()), "");
    }
    EXPECT_EQ(SSL_is_init_finished(broker_.get()), 1);
    return end;
  }

  std::filesystem::path folder_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  BIO* in_ = BIO_new(BIO_s_mem());
  BIO* out_ = BIO_new(BIO_s_mem());
  std::unique_ptr<SSL, decltype(&SSL_free)> broker_{nullptr, &SSL_free};
};

TEST_F(TlsLayerTest, AgreesOnWhatTheTableSays) {
  connect(SIZE_MAX);
  EXPECT_STREQ(SSL_get_version(broker_.get()), "TLSv1.3");
  EXPECT_STREQ(SSL_get_cipher_name(broker_.get()), "TLS_AES_128_GCM_SHA256");
  const EVP_PKEY* const key = X509_get0_pubkey(SSL_get_certificate(broker_.get()));
  EXPECT_EQ(EVP_PKEY_get_base_id(key), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_bits(key), 256);
}

TEST_F(TlsLayerTest, CarriesBytesBothWaysHoweverTheyAreCut) {
  End end = connect(1000);
  const std::string text(50'000, 't');
  broker_input(end.say(text));
  std::string heard(text.size(), '\0');
  for (std::size_t at = 0, size = 0; at < heard.size(); at += size) {
    ASSERT_EQ(SSL_read_ex(broker_.get(), heard.data() + at, heard.size() - at, &size), 1);
  }
  EXPECT_EQ(heard, text);
  SSL_write(broker_.get(), text.data(), static_cast<int>(text.size()));
  EXPECT_EQ(end.hear(broker_output()), text);
}

TEST_F(TlsLayerTest, RefusesWhatIsNoTls) {
  EXPECT_TRUE(error_of("HTTP/1.1 400 Bad Request\r\n\r\n", End{.layer = tls_layers()()}).starts_with("TLS: handshake"));
}

TEST(Layers, AreFoundByName) {
  EXPECT_EQ(layers_named("none")(), nullptr);
  EXPECT_NE(layers_named("websocket")(), nullptr);
  EXPECT_THROW(layers_named("tsl"), std::runtime_error);
}

}  // namespace
}  // namespace trellis::bench

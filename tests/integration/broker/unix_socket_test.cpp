// Listeners that are files: who connects there speaks the same protocols.
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class UnixSocket : public SiteTest {
 protected:
  UnixSocket() : file_(folder_.path() + "/mqtt.sock") {}

  Site site() const {
    return {.shards = 2,
            .listeners = R"({"name": "local", "address": "unix:)" + file_ + R"(", "protocol": "transport-mqtt"},)"};
  }

  /// What the broker answers to a CONNECT there; nothing where nobody listens.
  std::string connack() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file_.copy(address.sun_path, sizeof address.sun_path - 1);
    std::string answer;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      const std::string connect = Connect{.client_id = "local"}.encode(Version::v311);
      ::send(fd, connect.data(), connect.size(), MSG_NOSIGNAL);
      char buffer[4];
      const ssize_t size = ::recv(fd, buffer, sizeof buffer, MSG_WAITALL);
      if (size > 0) answer.assign(buffer, static_cast<std::size_t>(size));
    }
    ::close(fd);
    return answer;
  }

  static constexpr std::string_view kAccepted{"\x20\x02\x00\x00", 4};
  TemporaryDirectory folder_;
  std::string file_;
};

TEST_F(UnixSocket, ServesClientsAndGoesWithTheBroker) {
  start(site());
  EXPECT_EQ(connack(), kAccepted);
  struct stat facts {};
  ASSERT_EQ(::stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0660U) << "owner and group may connect";
  EXPECT_EQ(terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(UnixSocket, TakesThePlaceOfOneWhoseProcessIsGone) {
  start(site());
  broker().process().signal(SIGKILL);
  exit_code();
  ASSERT_TRUE(std::filesystem::exists(file_));
  start(site());
  EXPECT_EQ(connack(), kAccepted);
}

TEST_F(UnixSocket, IsNotTakenFromAProcessThatListens) {
  start(site());
  EXPECT_THROW(Broker::with_config(site().config()), std::exception);
  EXPECT_EQ(connack(), kAccepted);
}

TEST_F(UnixSocket, ComesAndGoesWithAReload) {
  start(site());
  ASSERT_TRUE(reload({.shards = 2}));
  EXPECT_FALSE(std::filesystem::exists(file_));
  ASSERT_TRUE(reload(site()));
  EXPECT_EQ(connack(), kAccepted);
}

}  // namespace
}  // namespace trellis::testing

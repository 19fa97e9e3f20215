// A storage account on this machine: Azurite, one service of it, which can be killed and come back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/http_get.hpp"

namespace trellis::testing {

/// The account is "shop". What it answered lies in memory for up to 5 s before it is in its folder: SIGKILL loses that,
/// SIGTERM does not.
class Azurite {
 public:
  enum class Service { blob, queue };

  static constexpr const char* kKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  /// Of that key: everything is allowed until 2099.
  static constexpr const char* kSas =
      "sv=2021-12-02&ss=bq&srt=sco&sp=rwdlacup&se=2099-01-01T00%3A00%3A00Z&spr=https%2Chttp"
      "&sig=324ITDrBFgXMCbeJSZEuExUnE8c89zmLItRUm8Z9Veo%3D";

  /// Starts it on that port; its data are in the folder.
  Azurite(Service service, std::string folder, std::uint16_t port);

  void start();
  /// Ends it, and waits until it is gone.
  void end(int signal);

  /// "http://127.0.0.1:10001/shop".
  std::string url() const;
  /// path: below the account, with its query; the shared access signature is added.
  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& fields = "") const;
  /// Creates a queue or a container; throws where that fails.
  void create(const std::string& name) const;

  /// The texts of all messages of a queue, decoded from base64. They are hidden from the next call.
  std::vector<std::string> receive(const std::string& queue) const;
  /// The names of the blobs in a container.
  std::vector<std::string> blobs(const std::string& container) const;

 private:
  const Service service_;
  const std::string folder_;
  const std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace trellis::testing

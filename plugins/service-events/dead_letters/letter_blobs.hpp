/// Dead letters as block blobs of Azure's storage accounts.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/azure_storage/account.hpp"
#include "common/azure_storage/request.hpp"
#include "letter_place.hpp"

namespace events_service {

/// Folders begin with "<account>/<container>/": what follows is in the names of blobs.
class LetterBlobs final : public LetterPlace {
 public:
  /// Asks the account, and waits for what it says.
  using Ask = std::function<trellis::http::ClientResult(const azure_storage::Account& account, azure_storage::Call call,
                                                        std::size_t most_bytes)>;

  /// accounts: those of the settings, which outlive this.
  LetterBlobs(const std::vector<azure_storage::Account>& accounts, Ask ask)
      : accounts_(accounts), ask_(std::move(ask)) {}

  trellis::Result<void> write(std::string_view folder, std::string_view id, std::string_view text) const override;
  trellis::Result<std::string> read(std::string_view folder, std::string_view id,
                                    std::size_t most_bytes) const override;
  trellis::Result<void> remove(std::string_view folder, std::string_view id) const override;

 private:
  /// Where a path leads.
  struct Spot {
    const azure_storage::Account* account = nullptr;
    std::string container;
    std::string blob;  // its name, or the beginning of names

    std::string path() const { return container + '/' + blob; }
    /// "blob container dead at https://shop.blob.core.windows.net"
    std::string name() const { return "blob container " + container + " at " + account->blob.origin(); }
  };

  trellis::Result<Spot> spot_of(std::string_view path) const;
  trellis::Result<Spot> spot_of(std::string_view folder, std::string_view id) const;
  trellis::Result<std::vector<std::string>> names_in(const std::string& path) const override;

  const std::vector<azure_storage::Account>& accounts_;
  const Ask ask_;
};

}  // namespace events_service

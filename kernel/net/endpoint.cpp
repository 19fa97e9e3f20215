#include "net/endpoint.hpp"

#include "net/connection.hpp"

namespace trellis::kernel {

void Endpoint::for_each(const std::function<void(Connection&)>& function) {
  // A connection that closes unlinks itself at once but is freed at the end of the turn.
  for (Connection* connection = first_; connection != nullptr;) {
    Connection* next = connection->next_;
    function(*connection);
    connection = next;
  }
}

}  // namespace trellis::kernel

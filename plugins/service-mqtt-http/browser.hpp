/// Requests of pages in browsers: whose may be answered.
#pragma once

#include <string>
#include <string_view>
#include <trellis/service.hpp>
#include <vector>

namespace mqtt_http {

/// What a browser says of where a request comes from, and what it is told. A page of anywhere can have a browser send
/// requests with the rights of its user, or of its machine: so whatever names an origin that is not listed is refused,
/// that of this server included, for a name may be made to lead here.
class Browser {
 public:
  Browser(const trellis::Request& request, const std::vector<std::string>& origins);

  /// It comes from a page that may not.
  bool refused() const noexcept { return !origin_.empty() && allowed_.empty(); }
  /// It asks what may be asked.
  bool preflight() const noexcept { return preflight_; }
  /// Further headers of the answer to a preflight, and of every other; they live as long as this.
  void add_preflight(std::vector<trellis::Pair>& headers) const;
  void add(std::vector<trellis::Pair>& headers) const;

 private:
  std::string origin_;
  std::string allowed_;  // what is answered; empty: nothing
  std::string wanted_;   // headers it is going to send
  bool preflight_ = false;
};

}  // namespace mqtt_http

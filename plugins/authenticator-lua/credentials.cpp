#include "credentials.hpp"

#include <cstring>

namespace lua {

OwnedCredentials::OwnedCredentials(const trellis::AuthRequest& request) {
  std::size_t size = 0;
  for (const std::string_view text :
       {request.name_space, request.listener, request.protocol, request.peer, request.client_id, request.username,
        request.password, request.method, request.data})
    size += text.size();
  for (const trellis_view& certificate : request.certificates) size += certificate.size;
  for (const auto& [name, value] : request.user_properties) size += name.size() + value.size();
  texts_.reserve(size);
  credentials_.struct_size = sizeof credentials_;
  credentials_.flags = request.flags;
  credentials_.name_space = keep(request.name_space);
  credentials_.listener = keep(request.listener);
  credentials_.protocol = keep(request.protocol);
  credentials_.peer = keep(request.peer);
  credentials_.client_id = keep(request.client_id);
  credentials_.username = keep(request.username);
  credentials_.password = keep(request.password);
  credentials_.authentication_method = keep(request.method);
  credentials_.authentication_data = keep(request.data);
  for (const trellis_view& certificate : request.certificates)
    certificates_.push_back(keep(trellis::text(certificate)));
  for (const auto& [name, value] : request.user_properties) {
    const trellis_view kept = keep(name);
    properties_.push_back({kept, keep(value)});
  }
  credentials_.certificates = certificates_.data();
  credentials_.certificate_count = static_cast<std::uint32_t>(certificates_.size());
  credentials_.user_properties = properties_.data();
  credentials_.user_property_count = static_cast<std::uint32_t>(properties_.size());
}

// There are passwords among them.
OwnedCredentials::~OwnedCredentials() { explicit_bzero(texts_.data(), texts_.size()); }

trellis_view OwnedCredentials::keep(std::string_view text) {
  const std::size_t begin = texts_.size();
  texts_ += text;
  return trellis::view(std::string_view(texts_).substr(begin));
}

}  // namespace lua

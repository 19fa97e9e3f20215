// Finds layers by name.
#include "layer.hpp"

#include <stdexcept>

namespace trellis::bench {

LayerSource layers_named(const std::string& name) {
  if (name == "none") return [] { return std::unique_ptr<Layer>(); };
  if (name == "tls") return tls_layers();
  if (name == "websocket") return &make_websocket_layer;
  throw std::runtime_error("no layer '" + name + "'; expected none, tls or websocket");
}

}  // namespace trellis::bench

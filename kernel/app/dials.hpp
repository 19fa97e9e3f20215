// Connections from here to others, dialled by plugins.
#pragma once

#include <trellis/abi/dial.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <trellis/configuration/settings.hpp>
#include <trellis/connections/endpoint.hpp>
#include <trellis/connections/front.hpp>
#include <trellis/hosting/instance.hpp>
#include <trellis/runtime/dialler.hpp>
#include <vector>

#include "names.hpp"

namespace trellis::kernel {

class ListenerEndpoint;
class ShardContext;

/// What the configuration says about them. The same for all shards.
struct Outbound {
  OutboundSettings settings;
  std::map<std::string, std::shared_ptr<Instance>> layers;  // those that may be named
  HostNames<bool> direct;                                   // hosts that are dialled without the proxy
  std::string proxy_host;
  std::uint16_t proxy_port = 0;
  std::shared_ptr<const runtime::AddressRules> rules;
};

struct OutboundMetrics {
  explicit OutboundMetrics(Metrics& metrics, const ConnectionMetrics& accepted);
  ConnectionMetrics connections;
  MetricId failures[TRELLIS_DIAL_STOPPED + 1];  // by TRELLIS_DIAL_…
};

/// Of one shard, on its thread.
class Dials {
 public:
  Dials(ShardContext& home, runtime::Resolver& resolver, std::shared_ptr<ListenerState> state,
        const OutboundMetrics& metrics);
  ~Dials();

  void set(std::shared_ptr<const Outbound> outbound);
  trellis_token dial(const Instance& from, const trellis_dial_target& target, const trellis_protocol& protocol,
                     void* user, trellis_dial_failed_fn failed);
  trellis_token lookup_texts(const Instance& from, std::string_view name, void* user, trellis_texts_fn answer);
  bool cancel(trellis_token token);
  /// Closes what an instance has open and gives up what it dials.
  void end(const Instance& from);

 private:
  struct Dial;
  struct Failure {
    std::uint32_t reason;  // TRELLIS_DIAL_…
    std::string text;
  };
  static const trellis_protocol& agreeing();

  Dial& add(const Instance& from, void* user);
  std::unique_ptr<Dial> take(trellis_token token);
  std::optional<Failure> prepare(Dial& dial, const trellis_dial_target& target, runtime::Dialler::Target& to) const;
  void stop_dialling(Dial& dial);
  void fail(trellis_token token, std::uint32_t reason, std::string_view text);
  void connected(trellis_token token, const runtime::Dialled& result);
  std::shared_ptr<ListenerEndpoint> endpoint(const Dial& dial, std::size_t layers);
  void answered(trellis_token token, const runtime::Resolver::Texts& found);

  ShardContext& home_;
  runtime::Resolver& resolver_;
  std::shared_ptr<ListenerState> state_;
  const OutboundMetrics& metrics_;
  std::shared_ptr<const Outbound> outbound_ = std::make_shared<Outbound>();
  runtime::Dialler dialler_;
  trellis_token last_ = 0;
  std::map<trellis_token, std::unique_ptr<Dial>> dials_;  // until they are open or failed
  std::set<const Instance*> ended_;                       // they stop, and dial nobody any more
};

}  // namespace trellis::kernel

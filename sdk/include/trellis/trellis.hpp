// The whole C++ layer in one include.
#pragma once

#include <trellis/authenticator.hpp>
#include <trellis/authorizer.hpp>
#include <trellis/backup.hpp>
#include <trellis/command.hpp>
#include <trellis/config.hpp>
#include <trellis/dial.hpp>
#include <trellis/domain.hpp>
#include <trellis/handler.hpp>
#include <trellis/host.hpp>
#include <trellis/host_names.hpp>
#include <trellis/layer.hpp>
#include <trellis/message.hpp>
#include <trellis/networks.hpp>
#include <trellis/plugin.hpp>
#include <trellis/predicate.hpp>
#include <trellis/protocol.hpp>
#include <trellis/resources.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <trellis/service.hpp>
#include <trellis/shard.hpp>
#include <trellis/stage.hpp>
#include <trellis/store.hpp>
#include <trellis/topic.hpp>
#include <trellis/view.hpp>

// Which id belongs to which table of the contract.
#pragma once

#include <trellis/abi/backup.h>
#include <trellis/abi/borrow.h>
#include <trellis/abi/command.h>
#include <trellis/abi/connection.h>
#include <trellis/abi/dial.h>
#include <trellis/abi/domain.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/host.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>
#include <trellis/abi/queue.h>
#include <trellis/abi/resource.h>
#include <trellis/abi/service.h>
#include <trellis/abi/session.h>
#include <trellis/abi/store.h>
#include <trellis/abi/stream.h>
#include <trellis/abi/subscriber.h>

#include <string_view>

namespace trellis {

/// The id of a table by its type. A vendor's own table gets one by a specialisation of its own.
template <class Table>
inline constexpr std::string_view kTableId = {};

// What the kernel offers.
template <>
inline constexpr std::string_view kTableId<trellis_host_log> = TRELLIS_HOST_LOG;
template <>
inline constexpr std::string_view kTableId<trellis_host_metrics> = TRELLIS_HOST_METRICS;
template <>
inline constexpr std::string_view kTableId<trellis_host_loop> = TRELLIS_HOST_LOOP;
template <>
inline constexpr std::string_view kTableId<trellis_host_namespace> = TRELLIS_HOST_NAMESPACE;
template <>
inline constexpr std::string_view kTableId<trellis_host_message> = TRELLIS_HOST_MESSAGE;
template <>
inline constexpr std::string_view kTableId<trellis_host_publish> = TRELLIS_HOST_PUBLISH;
template <>
inline constexpr std::string_view kTableId<trellis_host_identity> = TRELLIS_HOST_IDENTITY;
template <>
inline constexpr std::string_view kTableId<trellis_host_authorizer> = TRELLIS_HOST_AUTHORIZER;
template <>
inline constexpr std::string_view kTableId<trellis_host_connection> = TRELLIS_HOST_CONNECTION;
template <>
inline constexpr std::string_view kTableId<trellis_host_dial> = TRELLIS_HOST_DIAL;
template <>
inline constexpr std::string_view kTableId<trellis_host_domain> = TRELLIS_HOST_DOMAIN;
template <>
inline constexpr std::string_view kTableId<trellis_host_resources> = TRELLIS_HOST_RESOURCES;
template <>
inline constexpr std::string_view kTableId<trellis_host_subscriber> = TRELLIS_HOST_SUBSCRIBER;
template <>
inline constexpr std::string_view kTableId<trellis_host_queue> = TRELLIS_HOST_QUEUE;
template <>
inline constexpr std::string_view kTableId<trellis_host_stage> = TRELLIS_HOST_STAGE;
template <>
inline constexpr std::string_view kTableId<trellis_host_handler> = TRELLIS_HOST_HANDLER;
template <>
inline constexpr std::string_view kTableId<trellis_host_service> = TRELLIS_HOST_SERVICE;
template <>
inline constexpr std::string_view kTableId<trellis_host_store> = TRELLIS_HOST_STORE;
template <>
inline constexpr std::string_view kTableId<trellis_host_backup> = TRELLIS_HOST_BACKUP;
template <>
inline constexpr std::string_view kTableId<trellis_host_borrow> = TRELLIS_HOST_BORROW;

// What a plugin offers.
template <>
inline constexpr std::string_view kTableId<trellis_layer> = TRELLIS_LAYER;
template <>
inline constexpr std::string_view kTableId<trellis_protocol> = TRELLIS_PROTOCOL;
template <>
inline constexpr std::string_view kTableId<trellis_restorer> = TRELLIS_RESTORER;
template <>
inline constexpr std::string_view kTableId<trellis_authenticator> = TRELLIS_AUTHENTICATOR;
template <>
inline constexpr std::string_view kTableId<trellis_authorizer> = TRELLIS_AUTHORIZER;
template <>
inline constexpr std::string_view kTableId<trellis_predicate> = TRELLIS_PREDICATE;
template <>
inline constexpr std::string_view kTableId<trellis_stage> = TRELLIS_STAGE;
template <>
inline constexpr std::string_view kTableId<trellis_handler> = TRELLIS_HANDLER;
template <>
inline constexpr std::string_view kTableId<trellis_service> = TRELLIS_SERVICE;
template <>
inline constexpr std::string_view kTableId<trellis_store> = TRELLIS_STORE;
template <>
inline constexpr std::string_view kTableId<trellis_store_backup> = TRELLIS_STORE_BACKUP;
template <>
inline constexpr std::string_view kTableId<trellis_command> = TRELLIS_COMMAND;
template <>
inline constexpr std::string_view kTableId<trellis_borrower> = TRELLIS_BORROWER;
template <>
inline constexpr std::string_view kTableId<trellis_streams> = TRELLIS_STREAMS;
template <>
inline constexpr std::string_view kTableId<trellis_session_witness> = TRELLIS_SESSION_WITNESS;

}  // namespace trellis

/* The whole plugin contract in one include, for plugins written in C. */
#ifndef TRELLIS_TRELLIS_H
#define TRELLIS_TRELLIS_H

#include <trellis/abi/backup.h>
#include <trellis/abi/base.h>
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
#include <trellis/abi/plugin.h>
#include <trellis/abi/queue.h>
#include <trellis/abi/resource.h>
#include <trellis/abi/service.h>
#include <trellis/abi/session.h>
#include <trellis/abi/store.h>
#include <trellis/abi/stream.h>
#include <trellis/abi/subscriber.h>

#endif

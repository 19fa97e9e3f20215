// Lists that cost their items two pointers and no allocation.
#pragma once

#include <boost/intrusive/list.hpp>

namespace trellis::runtime {

/// What an item of such a list derives from; destroyed, it takes itself out. Tag tells the lists of one class apart.
template <typename Tag>
using ListHook = boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// Does not own its items. Destroyed, it lets them go.
template <typename Item, typename Tag>
using HookedList = boost::intrusive::list<Item, boost::intrusive::base_hook<ListHook<Tag>>,
                                          boost::intrusive::constant_time_size<false>>;

}  // namespace trellis::runtime

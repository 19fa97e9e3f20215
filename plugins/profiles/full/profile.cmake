# Every plugin of the tree. Those beyond the default ones are to be added here; today there are none.
include(${CMAKE_CURRENT_LIST_DIR}/../default/profile.cmake)
set(TRELLIS_SHARE ../default/share)

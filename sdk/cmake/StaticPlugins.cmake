# Plugins that are parts of the program instead of files beside it. For whoever builds the broker: not installed.

# One object file of everything <name> consists of, with one symbol to be seen from outside. As in a shared object, its copy
# of a library is its own.
function(trellis_make_relocatable name libs)
  string(MAKE_C_IDENTIFIER trellis_plugin_entry_${name} symbol)
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME ${name} SUFFIX .o RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/static-plugins
    LINK_DEPENDS ${TRELLIS_CMAKE_DIR}/link-static-plugin
    RULE_LAUNCH_LINK "${TRELLIS_CMAKE_DIR}/link-static-plugin ${CMAKE_OBJCOPY} ${symbol}")
  # For the program, of shared libraries. Made here, where the names of libraries mean what the plugin means by them.
  add_library(${name}-libs INTERFACE)
  target_link_libraries(${name}-libs INTERFACE ${libs})
endfunction()

# trellis_link_static_plugins(<program> [<plugin>...])
#
# Makes plugins of trellis_add_plugin() parts of a program, which finds them by their ids as if their files were there.
function(trellis_link_static_plugins program)
  if(NOT ARGN)
    return()
  endif()
  set(declared "")
  set(listed "")
  foreach(plugin IN LISTS ARGN)
    if(NOT TARGET ${plugin})
      message(FATAL_ERROR "there is no plugin '${plugin}' to be linked into ${program}")
    endif()
    string(MAKE_C_IDENTIFIER trellis_plugin_entry_${plugin} symbol)
    string(APPEND declared "extern const trellis_plugin ${symbol};\n")
    list(APPEND listed "&${symbol}")
    target_link_libraries(${program} PRIVATE $<TARGET_FILE:${plugin}> ${plugin}-libs)
    add_dependencies(${program} ${plugin})
    set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS $<TARGET_FILE:${plugin}>)
  endforeach()
  list(JOIN listed ", " listed)
  configure_file(${TRELLIS_CMAKE_DIR}/static_plugins.cpp.in ${CMAKE_BINARY_DIR}/static_plugins.cpp @ONLY)
  target_sources(${program} PRIVATE ${CMAKE_BINARY_DIR}/static_plugins.cpp)
  target_link_options(${program} PRIVATE LINKER:--gc-sections LINKER:--as-needed)
endfunction()

# Building plugins. In-tree plugins and those of vendors go through the same function.
# In the cache, so that every directory sees it.
set(TRELLIS_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "Where the files beside TrellisPlugin.cmake lie")

# trellis_add_plugin(<name> SOURCES <file>... [LIBS <target>...] [OUTPUT_DIRECTORY <dir>] [OUTPUT_NAME <name>])
#
# Makes <name>.so that exports trellis_plugin_entry and nothing else. It lands in ${TRELLIS_PLUGIN_DIR}, or in
# plugins/ of the build tree where that is not set. A plugin listed in TRELLIS_STATIC_PLUGINS becomes a part of the
# program instead: see StaticPlugins.cmake, in the tree only.
function(trellis_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "OUTPUT_DIRECTORY;OUTPUT_NAME" "SOURCES;LIBS")
  if(NOT plugin_SOURCES)
    message(FATAL_ERROR "trellis_add_plugin(${name}): name its files after SOURCES")
  endif()
  if(plugin_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "trellis_add_plugin(${name}): ${plugin_UNPARSED_ARGUMENTS} is none of SOURCES, LIBS, "
                        "OUTPUT_DIRECTORY, OUTPUT_NAME")
  endif()
  if(NOT plugin_OUTPUT_DIRECTORY)
    if(TRELLIS_PLUGIN_DIR)
      set(plugin_OUTPUT_DIRECTORY ${TRELLIS_PLUGIN_DIR})
    else()
      set(plugin_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    endif()
  endif()
  if(NOT plugin_OUTPUT_NAME)
    set(plugin_OUTPUT_NAME ${name})
  endif()

  set(static FALSE)
  if(name IN_LIST TRELLIS_STATIC_PLUGINS)
    set(static TRUE)
    add_executable(${name} ${plugin_SOURCES})
  else()
    add_library(${name} MODULE ${plugin_SOURCES})
  endif()
  # A project without C++ gets the C contract alone.
  if(CMAKE_CXX_COMPILER)
    target_link_libraries(${name} PRIVATE trellis::sdk)
  endif()
  target_link_libraries(${name} PRIVATE trellis::abi ${plugin_LIBS})
  if(TARGET trellis_options)
    target_link_libraries(${name} PRIVATE trellis_options)
  endif()
  set_target_properties(${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # Two plugins with an inline variable of the same name must not share it, as unique symbols would make them.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  if(static)
    trellis_make_relocatable(${name} "${plugin_LIBS}")
    return()
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${plugin_OUTPUT_NAME}
    LIBRARY_OUTPUT_DIRECTORY ${plugin_OUTPUT_DIRECTORY}
    LINK_DEPENDS ${TRELLIS_CMAKE_DIR}/plugin.map)
  target_link_options(${name} PRIVATE LINKER:--version-script=${TRELLIS_CMAKE_DIR}/plugin.map)
  # A sanitizer's functions come from the program, so they are missing here.
  if(NOT TRELLIS_SANITIZE AND NOT "${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()

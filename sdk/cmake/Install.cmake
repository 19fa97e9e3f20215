# What authors of plugins get: headers, TestHost, the check, the template, and a CMake package that finds them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(trellis_abi PROPERTIES EXPORT_NAME abi)
set_target_properties(trellis_sdk PROPERTIES EXPORT_NAME sdk)
set_target_properties(trellis_schema PROPERTIES EXPORT_NAME schema)
set_target_properties(trellis_resources PROPERTIES EXPORT_NAME resources)
set_target_properties(trellis_testing PROPERTIES EXPORT_NAME testing)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Trellis)
install(TARGETS trellis_abi trellis_sdk trellis_schema trellis_resources trellis_testing EXPORT TrellisTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(TARGETS trellis-plugin-check RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sdk)
install(DIRECTORY include/trellis testing/include/trellis DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)

# What `trellis plugin new` copies, in the build tree as in an installation. Of a store it is the plainest there is,
# under another name.
set(templates ${CMAKE_BINARY_DIR}/share/trellis/template)
file(GLOB_RECURSE files RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/template CONFIGURE_DEPENDS template/*)
foreach(file IN LISTS files)
  configure_file(template/${file} ${templates}/${file} COPYONLY)
endforeach()
foreach(suffix hpp cpp)
  set(source ${PROJECT_SOURCE_DIR}/plugins/store-memory/store_memory.${suffix})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  string(REPLACE "store-memory" "kind-example" text "${text}")
  string(REPLACE "store_memory" "kind_example" text "${text}")
  string(REPLACE "StoreMemory" "KindExample" text "${text}")
  string(REPLACE " Other stores are\n/// compared with it." "" text "${text}")
  string(REPLACE ".version = \"1.0.0\"" ".version = \"0.1.0\"" text "${text}")
  string(REPLACE ".vendor = \"Trellis\"" ".vendor = \"Your name\"" text "${text}")
  if(suffix STREQUAL cpp)
    string(APPEND text "\nTRELLIS_PLUGIN(kind_example::KindExample)\n")
  endif()
  file(CONFIGURE OUTPUT ${templates}/store/kind_example.${suffix} CONTENT "@text@" @ONLY)
endforeach()
install(DIRECTORY ${templates} DESTINATION ${CMAKE_INSTALL_DATADIR}/trellis COMPONENT sdk USE_SOURCE_PERMISSIONS)

install(EXPORT TrellisTargets NAMESPACE trellis:: DESTINATION ${package_dir} COMPONENT sdk)
configure_package_config_file(cmake/TrellisConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfig.cmake
                              INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_BINDIR)
# Before 1.0 the minor counts as a major, as in the ABI.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/TrellisConfigVersion.cmake
                                 VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfigVersion.cmake
              cmake/TrellisPlugin.cmake cmake/plugin.map
        DESTINATION ${package_dir} COMPONENT sdk)

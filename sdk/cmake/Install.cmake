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
install(DIRECTORY template DESTINATION ${CMAKE_INSTALL_DATADIR}/trellis COMPONENT sdk)
install(EXPORT TrellisTargets NAMESPACE trellis:: DESTINATION ${package_dir} COMPONENT sdk)
configure_package_config_file(cmake/TrellisConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfig.cmake
                              INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_BINDIR)
# Before 1.0 the minor counts as a major, as in the ABI.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/TrellisConfigVersion.cmake
                                 VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/TrellisConfigVersion.cmake
              cmake/TrellisPlugin.cmake cmake/plugin.map
        DESTINATION ${package_dir} COMPONENT sdk)

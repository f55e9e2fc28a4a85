# `cmake --install`: programs, library, headers, configs and a package for find_package(cebm).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(CebmInstallLibTorch)
set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/cebm)

get_property(_programs DIRECTORY apps PROPERTY BUILDSYSTEM_TARGETS)
foreach(_program ${_programs})
  get_target_property(_type ${_program} TYPE)
  if(_type STREQUAL "EXECUTABLE")
    install(TARGETS ${_program})
  endif()
endforeach()

install(TARGETS cebm cebm_programs cebm_options EXPORT cebm INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT cebm NAMESPACE cebm:: FILE cebm-targets.cmake DESTINATION ${_package})
install(DIRECTORY include/cebm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/cebm)
# The sources of the contract tests: users who add a component build them with their own catalog.
install(DIRECTORY tests/contract DESTINATION ${CMAKE_INSTALL_DATADIR}/cebm/tests
        FILES_MATCHING PATTERN "*.h" PATTERN "*_law.cpp")
install(FILES tests/support/numeric.h tests/support/quadratic_energy.h
        DESTINATION ${CMAKE_INSTALL_DATADIR}/cebm/tests/support)
install(FILES cmake/CebmContractTests.cmake DESTINATION ${CMAKE_INSTALL_DATADIR}/cebm/cmake)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(
  cmake/cebm-config.cmake.in ${CMAKE_BINARY_DIR}/cebm-config.cmake INSTALL_DESTINATION ${_package}
  PATH_VARS CMAKE_INSTALL_DATADIR NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cebm-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cebm-config.cmake ${CMAKE_BINARY_DIR}/cebm-config-version.cmake
              cmake/FindLibTorch.cmake
        DESTINATION ${_package})

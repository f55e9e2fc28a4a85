# `cpack` in the build folder: a .deb and a .tar.gz of the programs, their configurations, manual pages and completion.
# They do not include LibTorch: a wrapper script for each program finds the wheel's (packaging/program.sh.in).
set(_programs cebm-train cebm-sample cebm-eval cebm-data)
set(_files ${CMAKE_BINARY_DIR}/package)
add_custom_target(package_files)
foreach(PROGRAM ${_programs})
  configure_file(packaging/program.sh.in ${_files}/bin/${PROGRAM} @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  file(MAKE_DIRECTORY ${_files}/man ${_files}/bash ${_files}/zsh)
  add_custom_command(TARGET package_files POST_BUILD VERBATIM
    COMMAND sh -c "\"$1\" --man-page | gzip -9n >\"$2/man/$3.1.gz\" && \"$1\" --completion-bash >\"$2/bash/$3\" && \"$1\" --completion-zsh >\"$2/zsh/_$3\""
            package_files $<TARGET_FILE:${PROGRAM}> ${_files} ${PROGRAM})
  add_dependencies(package_files ${PROGRAM})
  # Beside share/: the programs look for configurations in ../share/cebm/configs.
  install(PROGRAMS $<TARGET_FILE:${PROGRAM}> DESTINATION libexec COMPONENT package EXCLUDE_FROM_ALL)
  install(CODE "file(RPATH_REMOVE FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/libexec/${PROGRAM}\")"
          COMPONENT package EXCLUDE_FROM_ALL)
endforeach()
install(DIRECTORY ${_files}/bin/ DESTINATION bin USE_SOURCE_PERMISSIONS COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY ${_files}/man/ DESTINATION share/man/man1 COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY ${_files}/bash/ DESTINATION share/bash-completion/completions COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY ${_files}/zsh/ DESTINATION share/zsh/vendor-completions COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY configs DESTINATION share/cebm COMPONENT package EXCLUDE_FROM_ALL)
install(FILES README.md DESTINATION share/doc/cebm COMPONENT package EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION share/doc/cebm RENAME copyright COMPONENT package EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME cebm)
set(CPACK_PACKAGE_VENDOR cebm)
set(CPACK_PACKAGE_CONTACT "cebm <cebm@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL package)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# Dependencies on the libraries that the programs load, except LibTorch's: dpkg-shlibdeps does not look up packages for
# a private folder.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${LibTorch_PREFIX}/lib)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3-venv)
include(CPack)

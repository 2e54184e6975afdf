# SPDX-License-Identifier: MIT
# What `make install`, `make dist` and cpack lay down: the program, what it reads, its manual and completions.
include(GNUInstallDirs)
set(data_folder "${CMAKE_INSTALL_DATADIR}/storebench")

# Libraries that an archive brings along are found from the program's own place, those that these need, too: that is what
# the older of the two tags does (ld.so(8)).
target_link_options(storebench PRIVATE -Wl,--disable-new-dtags)
file(RELATIVE_PATH bin_to_lib "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}/storebench")
set_target_properties(storebench PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
install(TARGETS storebench)

install(DIRECTORY plots DESTINATION "${data_folder}")
install(DIRECTORY workloads/experiments workloads/validate DESTINATION "${data_folder}/workloads")
install(FILES results/schema.json DESTINATION "${data_folder}/results")
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The program writes these itself, from the tables it goes by. add_generated(FILE FOLDER argument...)
function(add_generated file folder)
  set(output "${PROJECT_BINARY_DIR}/generated/${file}")
  add_custom_command(OUTPUT "${output}" COMMAND storebench ${ARGN} > "${output}" DEPENDS storebench VERBATIM)
  set_property(GLOBAL APPEND PROPERTY storebench_generated "${output}")
  install(FILES "${output}" DESTINATION "${folder}")
endfunction()
add_generated(storebench.1 "${CMAKE_INSTALL_MANDIR}/man1" __manual)
add_generated(storebench "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" __completions bash)
add_generated(_storebench "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" __completions zsh)
add_generated(storebench.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" __completions fish)
get_property(generated GLOBAL PROPERTY storebench_generated)
add_custom_target(manual ALL DEPENDS ${generated})

set(CPACK_PACKAGE_NAME storebench)
set(CPACK_PACKAGE_CONTACT "The storebench maintainers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "which way of moving bytes a store should use, and what durability costs")
set(CPACK_PACKAGE_FILE_NAME "storebench-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
include(CPack)

# SPDX-License-Identifier: MIT
# The peers: stores that others wrote, each a plug-in in build/engines/ (docs/peers.md). One that cannot be built leaves
# NAME.missing there, with the reason in a line: the program shows it.
option(STOREBENCH_PEERS "Build the peers LMDB, LevelDB, RocksDB and bbolt as plug-ins" OFF)

set(peers_folder "${PROJECT_BINARY_DIR}/engines")
file(MAKE_DIRECTORY "${peers_folder}")
# What each has in common with the others, compiled into it: a plug-in finds no symbols in the program.
set(peer_sources engines/peers/files.c engines/peers/operations.c engines/peers/peer.c engines/peers/policies.c
    engines/timer.c base/clock.c base/error.c)
# Of the LSM trees alone; unused code of it stays out of the others.
list(APPEND peer_sources engines/peers/lsm.c)

# What a peer needs: a header and the libraries, by their names.
function(find_peer_library name header library package result)
  find_path(${name}_HEADER "${header}")
  find_library(${name}_LIBRARY "${library}")
  if(${name}_HEADER AND ${name}_LIBRARY)
    set(${result} "" PARENT_SCOPE)
  else()
    set(${result} "${package} is missing; scripts/install-deps --peers installs it" PARENT_SCOPE)
  endif()
endfunction()

# Says in a file why a peer is not there, and removes one of an earlier build.
function(leave_peer_out name reason)
  file(REMOVE "${peers_folder}/${name}.so")
  file(WRITE "${peers_folder}/${name}.missing" "${reason}\n")
  message(STATUS "peer ${name}: ${reason}")
endfunction()

function(add_peer name source)
  file(REMOVE "${peers_folder}/${name}.missing")
  add_library(peer_${name} MODULE "${source}" ${peer_sources})
  set_target_properties(
    peer_${name} PROPERTIES PREFIX "" OUTPUT_NAME "${name}" LIBRARY_OUTPUT_DIRECTORY "${peers_folder}"
                            C_VISIBILITY_PRESET hidden)
  target_include_directories(peer_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(peer_${name} PRIVATE ${ARGN} Threads::Threads)
  install(TARGETS peer_${name} LIBRARY DESTINATION "${STOREBENCH_ENGINES_DIR}")
endfunction()

set(without_peers "this build was made without peers; PEERS=on builds them")
foreach(peer "lmdb lmdb.h lmdb liblmdb-dev" "leveldb leveldb/c.h leveldb libleveldb-dev"
             "rocksdb rocksdb/c.h rocksdb librocksdb-dev")
  separate_arguments(peer)
  list(GET peer 0 name)
  list(GET peer 1 header)
  list(GET peer 2 library)
  list(GET peer 3 package)
  set(missing "${without_peers}")
  if(STOREBENCH_PEERS)
    find_peer_library(${name} ${header} ${library} ${package} missing)
  endif()
  if(missing)
    leave_peer_out(${name} "${missing}")
  else()
    add_peer(${name} engines/peers/${name}.c "${${name}_LIBRARY}")
  endif()
endforeach()

include(cmake/bbolt.cmake)

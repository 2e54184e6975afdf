# SPDX-License-Identifier: MIT
# The peer that is written in Go: engines/peers/bbolt.c, a plug-in as the others are, and beside it the shared object that
# it loads, which `go build` makes of engines/peers/bbolt/*.go and of the distribution's sources of bbolt. Nothing is
# downloaded.
set(STOREBENCH_GOPATH /usr/share/gocode CACHE PATH "Below src/ of it are the sources of bbolt (go.etcd.io/bbolt)")

function(find_bbolt result)
  find_program(GO_COMMAND go)
  set(reason "")
  if(STOREBENCH_SANITIZE)
    set(reason "sanitizers and the Go runtime do not go together")
  elseif(NOT GO_COMMAND)
    set(reason "golang-go is missing; scripts/install-deps --peers installs it")
  elseif(NOT EXISTS "${STOREBENCH_GOPATH}/src/go.etcd.io/bbolt/db.go")
    set(reason "golang-github-coreos-bbolt-dev is missing; scripts/install-deps --peers installs it")
  endif()
  set(${result} "${reason}" PARENT_SCOPE)
endfunction()

function(add_go_object object)
  file(GLOB go_sources CONFIGURE_DEPENDS engines/peers/bbolt/*.go engines/peers/bbolt/*.c engines/peers/bbolt/*.h)
  set(settings GOPATH=${STOREBENCH_GOPATH} GO111MODULE=off GOFLAGS= GOENV=off GOTOOLCHAIN=local CGO_ENABLED=1
      "GOCACHE=${PROJECT_BINARY_DIR}/go-cache" "CC=${CMAKE_C_COMPILER}"
      "CGO_CFLAGS=-O2 -g -D_GNU_SOURCE -I${PROJECT_SOURCE_DIR}")
  add_custom_command(
    OUTPUT "${object}"
    COMMAND "${CMAKE_COMMAND}" -E env ${settings} "${GO_COMMAND}" build -buildmode=c-shared -trimpath -o "${object}"
            ./engines/peers/bbolt
    DEPENDS ${go_sources} engines/engine.h engines/peers/peer.h
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Building bbolt with Go"
    VERBATIM)
  add_custom_target(bbolt_go ALL DEPENDS "${object}")
  install(FILES "${object}" DESTINATION "${STOREBENCH_ENGINES_DIR}/bbolt")
endfunction()

set(missing "${without_peers}")
if(STOREBENCH_PEERS)
  find_bbolt(missing)
endif()
if(missing)
  leave_peer_out(bbolt "${missing}")
else()
  add_peer(bbolt engines/peers/bbolt.c ${CMAKE_DL_LIBS})
  add_go_object("${peers_folder}/bbolt/libbbolt-go.so")
  add_dependencies(peer_bbolt bbolt_go)
endif()

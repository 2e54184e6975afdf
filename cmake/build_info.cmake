# SPDX-License-Identifier: MIT
# Target build_info: writes build_info.h (commit, compiler, flags, where the data files are) at every build, so that a
# result names the commit it was built from. Included from CMakeLists.txt.
set(BUILD_INFO_DIR "${PROJECT_BINARY_DIR}/generated")

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type_upper)
set(build_flags "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type_upper}}")
if(STOREBENCH_SANITIZE)
  string(APPEND build_flags " -fsanitize=${STOREBENCH_SANITIZE}")
endif()
string(STRIP "${build_flags}" build_flags)

add_custom_target(
  build_info
  BYPRODUCTS "${BUILD_INFO_DIR}/build_info.h"
  COMMAND
    "${CMAKE_COMMAND}" "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}" "-DOUTPUT=${BUILD_INFO_DIR}/build_info.h"
    "-DTEMPLATE=${PROJECT_SOURCE_DIR}/cmake/build_info.h.in" "-DVERSION=${PROJECT_VERSION}"
    "-DCOMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}" "-DFLAGS=${build_flags}"
    "-DLIBURING=${liburing_VERSION}" "-DBENCHMARK=${benchmark_VERSION}" "-DINIH=${inih_VERSION}"
    "-DBUILD_TYPE=${CMAKE_BUILD_TYPE}" "-DENGINES_DIR=${STOREBENCH_ENGINES_DIR}" -P "${PROJECT_SOURCE_DIR}/cmake/write_build_info.cmake"
  VERBATIM)

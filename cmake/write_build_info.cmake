# SPDX-License-Identifier: MIT
# Run by the target build_info with `cmake -P`. Rewrites OUTPUT only when its content changes, so nothing is rebuilt
# needlessly.
set(COMMIT "unknown")
find_program(GIT git)
if(GIT)
  # A copy of the sources that lies inside someone else's repository is not at that repository's commit.
  execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" rev-parse --show-prefix RESULT_VARIABLE failed
                  OUTPUT_VARIABLE prefix ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" describe --always --dirty --abbrev=40 "--exclude=*"
                    RESULT_VARIABLE failed OUTPUT_VARIABLE described ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT failed)
      set(COMMIT "${described}")
    endif()
  endif()
endif()

foreach(name SOURCE_DIR VERSION COMMIT COMPILER FLAGS BUILD_TYPE ENGINES_DIR LIBURING BENCHMARK INIH)
  string(REPLACE "\\" "\\\\" ${name} "${${name}}")
  string(REPLACE "\"" "\\\"" ${name} "${${name}}")
endforeach()
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)

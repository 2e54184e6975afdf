# SPDX-License-Identifier: MIT
# Target page_assets: the style and the script of report.html as page_assets.h, with the hashes by which the page's
# Content-Security-Policy lets these two in and nothing else. Included from CMakeLists.txt.
set(page_assets_header "${BUILD_INFO_DIR}/page_assets.h")
set(page_assets_script "${PROJECT_SOURCE_DIR}/cmake/write_page_assets.cmake")
add_custom_command(
  OUTPUT "${page_assets_header}"
  COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${PROJECT_SOURCE_DIR}/harness/report" "-DOUTPUT=${page_assets_header}" -P
          "${page_assets_script}"
  DEPENDS "${PROJECT_SOURCE_DIR}/harness/report/page.css" "${PROJECT_SOURCE_DIR}/harness/report/page.js"
          "${page_assets_script}"
  VERBATIM)
add_custom_target(page_assets DEPENDS "${page_assets_header}")

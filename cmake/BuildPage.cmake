# Builds the live page and embeds it: see server/page/CMakeLists.txt.
#
#   SOURCE     the repository whose clients/web is built; empty: nothing is
#   PAGE       a folder that is embedded as it is instead; empty: none
#   REQUIRED   ON: a build that fails is an error; else it is said, and there is no page
#   BUILD      where to work; NPM, PROTOC, GZIP  programs;  OUTPUT, STUDY_FILE  the C++ files to write
include(${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake)

# Packages come from the lock file; the sources are copied, so that nothing is written beside them.
function(build_page result)
  foreach(folder clients/web clients/typescript proto)
    file(COPY ${SOURCE}/${folder} DESTINATION ${BUILD}/source/${folder}/.. PATTERN node_modules EXCLUDE PATTERN dist EXCLUDE)
  endforeach()
  set(web ${BUILD}/source/clients/web)
  file(SHA256 ${SOURCE}/clients/web/package-lock.json lock)
  set(installed "")
  if(EXISTS ${web}/node_modules/.installed)
    file(READ ${web}/node_modules/.installed installed)
  endif()
  if(NOT installed STREQUAL lock)
    execute_process(COMMAND ${NPM} ci --no-audit --no-fund --prefer-offline --fetch-retries=2 --fetch-timeout=60000
      WORKING_DIRECTORY ${web} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(failed)
      set(${result} "npm ci: ${said}" PARENT_SCOPE)
      return()
    endif()
    file(WRITE ${web}/node_modules/.installed ${lock})
  endif()
  execute_process(COMMAND ${CMAKE_COMMAND} -E env PARZEN_WEB_OUT=${BUILD}/dist PROTOC=${PROTOC} ${NPM} run build
    WORKING_DIRECTORY ${web} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    set(${result} "npm run build: ${said}" PARENT_SCOPE)
    return()
  endif()
  set(${result} "" PARENT_SCOPE)
endfunction()

set(folder "${PAGE}")
if(SOURCE AND NOT PAGE)
  build_page(problem)
  if(problem STREQUAL "")
    set(folder ${BUILD}/dist)
  elseif(REQUIRED STREQUAL "ON")
    message(FATAL_ERROR "the live page cannot be built: ${problem}")
  else()
    message(WARNING "parzend is built without its page: ${problem}\nPARZEN_PAGE=ON makes this an error, PARZEN_PAGE=OFF does not try.")
  endif()
endif()
if(folder AND NOT EXISTS ${folder}/index.html)
  message(FATAL_ERROR "${folder} has no index.html")
endif()
embed_files("${folder}" ${OUTPUT} ${BUILD}/gzip ${GZIP})
embed_study_file("${folder}" ${STUDY_FILE})

# embed_files(FOLDER OUTPUT SCRATCH GZIP): writes OUTPUT, a C++ file with every file of FOLDER (empty: none) and its gzip, as
# server/page/files.h declares them, but for file.html, which embed_study_file(FOLDER OUTPUT) writes, as
# clients/cli/plot/study_file_page.h declares it. The bytes are taken in by the assembler.
set(embed_types
  .html "text/html\\; charset=utf-8" .js "text/javascript\\; charset=utf-8" .css "text/css\\; charset=utf-8" .svg image/svg+xml
  .json application/json .webmanifest application/manifest+json .png image/png .ico image/x-icon .woff2 font/woff2
  .txt "text/plain\\; charset=utf-8" .map application/json)

function(embed_files folder output scratch gzip)
  set(names "")
  if(folder)
    file(GLOB_RECURSE names RELATIVE ${folder} ${folder}/*)
    list(REMOVE_ITEM names file.html)
    list(SORT names)
  endif()
  file(REMOVE_RECURSE ${scratch})
  file(MAKE_DIRECTORY ${scratch})
  set(data "")
  set(entries "")
  set(number 0)
  foreach(name IN LISTS names)
    set(file ${folder}/${name})
    get_filename_component(extension ${name} LAST_EXT)
    list(FIND embed_types "${extension}" at)
    if(at EQUAL -1)
      message(FATAL_ERROR "${file}: no content type is known for ${extension}; cmake/EmbedFiles.cmake lists them")
    endif()
    math(EXPR at "${at} + 1")
    list(GET embed_types ${at} type)
    file(SHA256 ${file} hash)
    string(SUBSTRING ${hash} 0 32 hash)
    set(packed ${scratch}/${number}.gz)
    execute_process(COMMAND ${gzip} -9 -n -c ${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
    file(SIZE ${file} plain_size)
    file(SIZE ${packed} packed_size)
    string(APPEND data "EMBED(parzen_page_${number}, \"${file}\")\n")
    set(packed_bytes "{}")
    if(packed_size LESS plain_size)
      string(APPEND data "EMBED(parzen_page_${number}_gzip, \"${packed}\")\n")
      set(packed_bytes "{parzen_page_${number}_gzip, ${packed_size}}")
    endif()
    string(APPEND entries "    {\"/${name}\", \"${type}\", \"${hash}\", {parzen_page_${number}, ${plain_size}}, ${packed_bytes}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  string(CONFIGURE [=[
// Made by cmake/EmbedFiles.cmake.
#include "server/page/files.h"

#include <array>

#define EMBED(name, file)                                                                             \
  extern "C" const char name[];                                                                       \
  asm(".section .rodata\n.global " #name "\n.hidden " #name "\n" #name ":\n.incbin \"" file "\"\n.byte 0\n.text\n");

@data@
namespace parzen::page {

std::span<const File> EmbeddedFiles() {
  static const std::array<File, @number@> files = {{
@entries@  }};
  return files;
}

}  // namespace parzen::page
]=] text @ONLY)
  file(WRITE ${output} "${text}")
endfunction()

function(embed_study_file folder output)
  set(data "")
  set(value "{}")
  if(folder AND EXISTS ${folder}/file.html)
    file(SIZE ${folder}/file.html size)
    set(data "extern \"C\" const char parzen_study_file[];\nasm(\".section .rodata\\n.global parzen_study_file\\n.hidden parzen_study_file\\nparzen_study_file:\\n.incbin \\\"${folder}/file.html\\\"\\n.byte 0\\n.text\\n\");\n")
    set(value "{parzen_study_file, ${size}}")
  endif()
  file(WRITE ${output} "// Made by cmake/EmbedFiles.cmake.
#include \"clients/cli/plot/study_file_page.h\"

${data}
namespace parzen::cli {

std::string_view StudyFilePage() { return ${value}; }

}  // namespace parzen::cli
")
endfunction()

// The files of the live page, as they were built into this program (see CMakeLists.txt here): none where it was built without.

#ifndef PARZEN_SERVER_PAGE_FILES_H_
#define PARZEN_SERVER_PAGE_FILES_H_

#include <span>
#include <string_view>

namespace parzen::page {

struct File {
  std::string_view path;  // "/assets/index-C93df4wI.js", "/index.html"
  std::string_view content_type;
  std::string_view hash;  // of its bytes, hexadecimal
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed; empty where that is no shorter
};

std::span<const File> EmbeddedFiles();

}  // namespace parzen::page

#endif  // PARZEN_SERVER_PAGE_FILES_H_

// The page of one study as a single HTML file (clients/web/file.html), as it was built into this program:
// server/page/CMakeLists.txt.

#ifndef PARZEN_CLIENTS_CLI_PLOT_STUDY_FILE_PAGE_H_
#define PARZEN_CLIENTS_CLI_PLOT_STUDY_FILE_PAGE_H_

#include <string_view>

namespace parzen::cli {

// Has @TITLE@ where the study's name goes, as HTML; after it @WRITTEN@ for the time, in ms since 1970; after that @STUDY@ for the
// data: a parzen.v1.WatchStudyResponse, compressed by gzip, in base64. Empty where this program was built without the page.
std::string_view StudyFilePage();

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_STUDY_FILE_PAGE_H_

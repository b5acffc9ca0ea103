// The HTML page: the live page's own plots with the study's data inside (clients/web/src/file.tsx draws them). A program that was
// built without the page writes its pictures one below the other instead.

#include <zlib.h>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/plot/plots.h"
#include "clients/cli/plot/study_file_page.h"
#include "clients/cli/plot/svg.h"

namespace parzen::cli {
namespace {

absl::StatusOr<std::string> Gzip(std::string_view bytes) {
  z_stream stream = {};
  constexpr int kGzip = 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
    return absl::ResourceExhaustedError("no memory to compress the study");
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return absl::InternalError("zlib does not compress the study");
  return packed;
}

// Replaces the first `mark` from `*from` on, and moves on behind it.
void Fill(std::string_view mark, std::string_view text, size_t* from, std::string* html) {
  const size_t at = html->find(mark, *from);
  if (at == std::string::npos) return;
  html->replace(at, mark.size(), text);
  *from = at + text.size();
}

}  // namespace

bool HasStudyFilePage() { return !StudyFilePage().empty(); }

absl::StatusOr<std::string> DrawPage(std::string_view name, std::string_view snapshot) {
  absl::StatusOr<std::string> packed = Gzip(snapshot);
  if (!packed.ok()) return packed.status();
  std::string html(StudyFilePage());
  size_t from = 0;
  Fill("@TITLE@", EscapeXml(name), &from, &html);
  Fill("@WRITTEN@", std::to_string(absl::ToUnixMillis(absl::Now())), &from, &html);
  Fill("@STUDY@", absl::Base64Escape(*packed), &from, &html);
  return html;
}

std::string CollectPictures(const DrawnStudy& study) {
  const std::string name = EscapeXml(study.info.config.name);
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>" +
      name + "</title>\n</head>\n<body>\n<h1>" + name + "</h1>\n";
  for (const std::string_view kind : kPlotKinds) {
    if (kind == "pareto" && study.info.config.directions.size() < 2) continue;
    const absl::StatusOr<std::string> plot = DrawPlot(kind, study);
    if (plot.ok()) html += "<figure id=\"" + std::string(kind) + "\">\n" + *plot + "</figure>\n";
  }
  return html + "</body>\n</html>\n";
}

}  // namespace parzen::cli

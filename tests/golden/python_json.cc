#include "tests/golden/python_json.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>

namespace parzen::golden {
namespace {

std::string QuoteNonFinite(const std::string& line) {
  std::string result;
  for (size_t i = 0; i < line.size();) {
    bool replaced = false;
    for (const char* literal : {"-Infinity", "Infinity", "NaN"}) {
      const std::string text = literal;
      if (line.compare(i, text.size(), text) != 0) continue;
      result += '"' + text + '"';
      i += text.size();
      replaced = true;
      break;
    }
    if (!replaced) result += line[i++];
  }
  return result;
}

}  // namespace

std::vector<std::string> ReadLines(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::string text(1 << 16, '\0'), all;
  for (int read; (read = gzread(file.get(), text.data(), static_cast<unsigned>(text.size()))) > 0;) all.append(text, 0, read);
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = std::min(all.find('\n', begin), all.size());
    if (end > begin) lines.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

Json ParsePythonJson(const std::string& line) { return Json::parse(QuoteNonFinite(line)); }

double ToDouble(const Json& value) {
  if (!value.is_string()) return value.get<double>();
  const std::string text = value.get<std::string>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return (text[0] == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
}

}  // namespace parzen::golden

#include "clients/cli/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace parzen::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

std::string LastError() { return std::generic_category().message(errno); }

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const File opened(path == "-" ? nullptr : std::fopen(path.c_str(), "rb"));
  std::FILE* file = path == "-" ? stdin : opened.get();
  if (file == nullptr) return absl::InvalidArgumentError("cannot open " + path + ": " + LastError());
  std::string text;
  char buffer[65536];
  size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof(buffer), file)) > 0) text.append(buffer, got);
  if (std::ferror(file) != 0) return absl::InvalidArgumentError("cannot read " + path + ": " + LastError());
  return text;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  if (path == "-") {
    const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size() && std::fflush(stdout) == 0;
    return written ? absl::OkStatus() : absl::InternalError("cannot write to the standard output: " + LastError());
  }
  std::error_code unknown;
  const std::filesystem::path place = std::filesystem::weakly_canonical(path, unknown);  // a link stays one
  if (unknown) return absl::InvalidArgumentError("cannot write " + path + ": " + unknown.message());
  const std::string target = place.string();
  // What is no regular file (a pipe, a device, a link to nothing yet) is written to as it is, never replaced.
  const std::filesystem::file_status found = std::filesystem::symlink_status(target, unknown);
  const bool replaces = !std::filesystem::exists(found) || std::filesystem::is_regular_file(found);
  const std::string written_to = replaces ? target + ".part" + std::to_string(getpid()) : target;
  File file(std::fopen(written_to.c_str(), "wb"));
  if (file == nullptr) return absl::InvalidArgumentError("cannot write " + path + ": " + LastError());
  bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  written = std::fclose(file.release()) == 0 && written;
  if (written && (!replaces || std::rename(written_to.c_str(), target.c_str()) == 0)) return absl::OkStatus();
  const absl::Status status = absl::InternalError("cannot write " + path + ": " + LastError());
  if (replaces) std::remove(written_to.c_str());
  return status;
}

}  // namespace parzen::cli

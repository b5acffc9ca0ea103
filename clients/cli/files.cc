#include "clients/cli/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/status_macros.h"

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

absl::StatusOr<FileWriter> FileWriter::Open(const std::string& path) {
  FileWriter writer(path);
  if (path == "-") return writer;
  std::error_code unknown;
  const std::filesystem::path place = std::filesystem::weakly_canonical(path, unknown);  // a link stays one
  if (unknown) return absl::InvalidArgumentError("cannot write " + path + ": " + unknown.message());
  writer.target_ = place.string();
  // What is no regular file (a pipe, a device, a link to nothing yet) is written to as it is, never replaced.
  const std::filesystem::file_status found = std::filesystem::symlink_status(place, unknown);
  const bool replaces = !std::filesystem::exists(found) || std::filesystem::is_regular_file(found);
  writer.written_to_ = replaces ? writer.target_ + ".part" + std::to_string(getpid()) : writer.target_;
  writer.file_.reset(std::fopen(writer.written_to_.c_str(), "wb"));
  if (writer.file_ == nullptr) return absl::InvalidArgumentError("cannot write " + path + ": " + LastError());
  return writer;
}

FileWriter::~FileWriter() {
  if (file_ != nullptr && written_to_ != target_) std::remove(written_to_.c_str());
}

absl::Status FileWriter::Failed() const {
  return absl::InternalError("cannot write " + (path_ == "-" ? "to the standard output" : path_) + ": " + LastError());
}

absl::Status FileWriter::Append(std::string_view content) {
  std::FILE* file = path_ == "-" ? stdout : file_.get();
  return std::fwrite(content.data(), 1, content.size(), file) == content.size() ? absl::OkStatus() : Failed();
}

absl::Status FileWriter::Finish() {
  if (path_ == "-") return std::fflush(stdout) == 0 ? absl::OkStatus() : Failed();
  const bool closed = std::fclose(file_.release()) == 0;
  const bool replaces = written_to_ != target_;
  if (closed && (!replaces || std::rename(written_to_.c_str(), target_.c_str()) == 0)) return absl::OkStatus();
  const absl::Status status = Failed();
  if (replaces) std::remove(written_to_.c_str());
  return status;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  PARZEN_ASSIGN_OR_RETURN(FileWriter writer, FileWriter::Open(path));
  if (const absl::Status status = writer.Append(content); !status.ok()) return status;
  return writer.Finish();
}

}  // namespace parzen::cli

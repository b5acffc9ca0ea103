#include "tests/storage/power_cut_vfs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace parzen::storage {
namespace {

constexpr size_t kSector = 512;

void Put(std::string* content, int64_t offset, std::string_view bytes) {
  const auto begin = static_cast<size_t>(offset);
  if (content->size() < begin + bytes.size()) content->resize(begin + bytes.size());
  content->replace(begin, bytes.size(), bytes);
}

}  // namespace

void PowerCutVfs::OnOpen(const char* path) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (files_.contains(path)) return;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  files_[path].synced = content.str();
}

void PowerCutVfs::OnWrite(const char* path, const void* data, int size, int64_t offset) {
  const std::lock_guard<std::mutex> guard(mutex_);
  files_[path].pending.push_back({offset, std::string(static_cast<const char*>(data), static_cast<size_t>(size)), false});
}

void PowerCutVfs::OnTruncate(const char* path, int64_t size) {
  const std::lock_guard<std::mutex> guard(mutex_);
  files_[path].pending.push_back({size, "", true});
}

void PowerCutVfs::OnSync(const char* path) {
  const std::lock_guard<std::mutex> guard(mutex_);
  Kept& kept = files_[path];
  for (const Write& write : kept.pending) {
    if (write.truncates) {
      kept.synced.resize(static_cast<size_t>(write.offset));
    } else {
      Put(&kept.synced, write.offset, write.bytes);
    }
  }
  kept.pending.clear();
}

void PowerCutVfs::OnDelete(const char* path) {
  const std::lock_guard<std::mutex> guard(mutex_);
  files_.erase(path);
}

void PowerCutVfs::CutInto(const std::string& directory, std::mt19937& random) {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::bernoulli_distribution survives(0.5);
  for (const auto& [path, kept] : files_) {
    std::string content = kept.synced;
    for (const Write& write : kept.pending) {
      if (write.truncates) {
        if (survives(random)) content.resize(static_cast<size_t>(write.offset));
        continue;
      }
      for (size_t at = 0; at < write.bytes.size();) {
        // Up to the next boundary of a sector of the disk.
        const size_t position = static_cast<size_t>(write.offset) + at;
        const size_t size = std::min(kSector - position % kSector, write.bytes.size() - at);
        if (survives(random)) Put(&content, static_cast<int64_t>(position), std::string_view(write.bytes).substr(at, size));
        at += size;
      }
    }
    const std::string name = std::filesystem::path(path).filename();
    std::ofstream(directory + "/" + name, std::ios::binary | std::ios::trunc) << content;
  }
}

}  // namespace parzen::storage

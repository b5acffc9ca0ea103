#include "storage/sqlite/seal.h"

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

// Four lanes of words, so that the processor multiplies four at a time. Odd factors and rotations are one to one.
class ContentHash {
 public:
  // Whole chunks of 32 bytes; only the last may be padded with zeros by the caller.
  void Add(const char* data, size_t size) {
    for (size_t at = 0; at < size; at += kChunk) {
      for (size_t lane = 0; lane < lanes_.size(); ++lane) {
        uint64_t word;
        std::memcpy(&word, data + at + 8 * lane, sizeof word);
        lanes_[lane] = std::rotl((lanes_[lane] ^ word) * kFactor, 29);
      }
    }
  }
  uint64_t Result(uint64_t size) const {
    uint64_t hash = size;
    for (const uint64_t lane : lanes_) hash = std::rotl((hash ^ lane) * kFactor, 31);
    return hash;
  }
  static constexpr size_t kChunk = 32;

 private:
  static constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio
  std::array<uint64_t, 4> lanes_ = {1, 2, 3, 4};
};

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string SealText(const Seal& seal) { return absl::StrFormat("sealed %s %016x\n", seal.token, seal.hash); }

std::optional<Seal> ParseSeal(std::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(Abseil(text), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  Seal seal;
  if (words.size() != 3 || words[0] != "sealed" || !absl::SimpleHexAtoi(words[2], &seal.hash)) return std::nullopt;
  seal.token = words[1];
  return seal;
}

absl::StatusOr<uint64_t> HashFile(const std::string& path) {
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return absl::UnavailableError("cannot read " + path);
  // Unbuffered: the pieces are large enough.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::vector<char> buffer(1 << 18);
  ContentHash hash;
  uint64_t total = 0;
  for (;;) {
    const size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get());
    total += size;
    const size_t padded = (size + ContentHash::kChunk - 1) / ContentHash::kChunk * ContentHash::kChunk;
    std::memset(buffer.data() + size, 0, padded - size);
    hash.Add(buffer.data(), padded);
    if (size < buffer.size()) break;
  }
  if (std::ferror(file.get()) != 0) return absl::UnavailableError("cannot read " + path);
  return hash.Result(total);
}

absl::StatusOr<std::string> PutSealToken(Connection& connection) {
  std::random_device random;
  const std::string token = absl::StrFormat("%08x%08x", random(), random());
  PARZEN_RETURN_IF_ERROR(connection.Execute(absl::StrCat("REPLACE INTO meta VALUES ('seal', '", token, "')")));
  return token;
}

absl::StatusOr<bool> IsBroken(const Seal& seal, Connection& connection, const std::string& path) {
  absl::StatusOr<std::string> token = connection.QueryText("SELECT value FROM meta WHERE key = 'seal'");
  if (absl::IsNotFound(token.status())) return false;
  PARZEN_RETURN_IF_ERROR(token.status());
  if (*token != seal.token) return false;
  PARZEN_ASSIGN_OR_RETURN(const uint64_t hash, HashFile(path));
  return hash != seal.hash;
}

}  // namespace parzen::storage::sqlite

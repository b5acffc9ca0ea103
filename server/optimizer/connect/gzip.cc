#include "server/optimizer/connect/gzip.h"

#include <zlib.h>

#include <array>
#include <climits>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/error/field.h"

namespace parzen::optimizer::connect {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, and gzip's own header and trailer
constexpr size_t kPiece = 16 << 10;

Bytef* BytesOf(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

absl::Status NoGzip(std::string_view how) {
  return error::BadField(error::Field("request"), how, "gzip, as the request's headers say");
}

// Ends what inflateInit2 began.
struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, kGzipWindow) == Z_OK;
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

std::string Gzip(std::string_view bytes) {
  constexpr int kFast = 4;  // on JSON two thirds of the time of the default, and a few percent larger
  z_stream stream{};
  if (bytes.size() > UINT_MAX || deflateInit2(&stream, kFast, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = BytesOf(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = BytesOf(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t most) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  if (!inflater.ready) return error::OverLimit("LIMIT_MEMORY", "the server has no memory left for this call; try again");
  if (bytes.size() > UINT_MAX) return NoGzip("too long");
  stream.next_in = BytesOf(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string unpacked;
  std::array<char, kPiece> piece{};
  while (true) {
    stream.next_out = BytesOf(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    unpacked.append(piece.data(), piece.size() - stream.avail_out);
    if (unpacked.size() > most) {
      return error::OverLimit("LIMIT_MESSAGE", absl::StrCat("the request, unpacked, has more than ", most,
                                                            " bytes, which this server accepts at most (parzend --message-mib): "
                                                            "send less at a time"));
    }
    if (result == Z_STREAM_END) break;
    if (result != Z_OK) return NoGzip("no gzip, or cut short");
  }
  if (stream.avail_in > 0) return NoGzip("something behind the gzip");
  return unpacked;
}

}  // namespace parzen::optimizer::connect

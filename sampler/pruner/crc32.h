// CRC-32 of ISO 3309 (polynomial 0x04C11DB7, reflected), the checksum of zlib and of Python's binascii.

#ifndef PARZEN_SAMPLER_PRUNER_CRC32_H_
#define PARZEN_SAMPLER_PRUNER_CRC32_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace parzen::pruner {

inline constexpr std::array<uint32_t, 256> kCrc32Table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xEDB88320U : 0);
    table[byte] = rest;
  }
  return table;
}();

constexpr uint32_t Crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) crc = (crc >> 8) ^ kCrc32Table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  return ~crc;
}

static_assert(Crc32("123456789") == 0xCBF43926U);  // the check value that standards give

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_CRC32_H_

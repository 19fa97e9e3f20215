/* The checksum of zip, gzip and PNG. */
#ifndef SERVICE_CRC_CRC32_H
#define SERVICE_CRC_CRC32_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32_of(const char *bytes, size_t size) {
  uint32_t sum = UINT32_MAX;
  for (size_t i = 0; i < size; ++i) {
    sum ^= (uint8_t)bytes[i];
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1u) != 0 ? UINT32_C(0xEDB88320) : 0);
  }
  return ~sum;
}

#endif

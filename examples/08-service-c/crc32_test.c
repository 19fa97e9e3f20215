/* The values that every implementation agrees on. */
#include "crc32.h"

#include <stdio.h>

static int failures = 0;

static void expect(uint32_t sum, uint32_t expected) {
  if (sum == expected) return;
  printf("%08x, not %08x\n", (unsigned)sum, (unsigned)expected);
  ++failures;
}

int main(void) {
  expect(crc32_of("", 0), 0);
  expect(crc32_of("123456789", 9), UINT32_C(0xCBF43926));
  expect(crc32_of("\377\377\377\377", 4), UINT32_MAX);
  return failures;
}

// Certificates for a test, made as a user would make them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function makeCertificates(folder, ...words) {
  execFileSync(process.env.TRELLIS_BIN, ['cert', 'dev', folder, ...words]);
}

// A folder that is gone after the test.
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'trellis-tls-'));
  return { folder, file: (...names) => join(folder, ...names), remove: () => rmSync(folder, { recursive: true }) };
}

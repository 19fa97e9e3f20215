// Child processes that end with us, even when the test runner kills us: a run cut short leaves nothing behind.
import { spawn } from 'node:child_process';

export function spawnTied(program, args, environment = {}) {
  const env = { ...process.env, ...environment };
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
}

// Runs named cases side by side, each with topics of its own. As a program it does so in a process that trusts another CA,
// which a client cannot begin to do once it runs: node cases.mjs <file with cases> <endpoint> <prefix of the topics> [--in-turn]
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { within } from '../inbox.mjs';
import { spawnTied } from '../tied.mjs';

const LONGEST = 60_000;  // of one case, on a machine that is busy

// cases: { 'what it shows': async (endpoint, topic) => … }. inTurn: one after the other, where each has to be alone.
export async function runCases(cases, endpoint, prefix, { inTurn = false } = {}) {
  const run = async ([name, shows], index) => {
    try {
      await within(LONGEST, 'the case to end', shows(endpoint, `${prefix}-${index}`));
      console.log(`ok ${prefix}: ${name}`);
      return [];
    } catch (error) {
      return [`${prefix}: ${name}\n${error.stack}`];
    }
  };
  const failures = [];
  if (inTurn) {
    for (const [index, one] of Object.entries(cases).entries()) failures.push(...await run(one, index));
  } else {
    failures.push(...(await Promise.all(Object.entries(cases).map(run))).flat());
  }
  if (failures.length) throw new Error(`${failures.length} cases failed\n\n${failures.join('\n\n')}`);
}

// file: beside this one.
export async function runCasesTrusting(ca, file, endpoint, prefix, { inTurn = false } = {}) {
  const words = [fileURLToPath(import.meta.url), file, endpoint, prefix, ...(inTurn ? ['--in-turn'] : [])];
  const child = spawnTied(process.execPath, words, { NODE_EXTRA_CA_CERTS: ca });
  const said = [];
  createInterface(child.stdout).on('line', (line) => console.log(line));
  child.stderr.on('data', (piece) => said.push(piece));
  const code = await within(LONGEST * 2, 'the process of the cases to end', new Promise((resolve) => child.once('close', resolve)));
  if (code !== 0) throw new Error(said.join(''));
}

if (pathToFileURL(process.argv[1]).href === import.meta.url) {
  const [file, endpoint, prefix, ...options] = process.argv.slice(2);
  const { cases } = await import(new URL(file, import.meta.url));
  try {
    await runCases(cases, endpoint, prefix, { inTurn: options.includes('--in-turn') });
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  process.exit(0);
}

// An OIDC issuer for a scenario, as tests/support/issuer has it, in a process of its own: it can hang and die as real ones do.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Inbox, within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

const program = fileURLToPath(new URL('../../support/issuer/issuer.mjs', import.meta.url));

export async function startIssuer(settings) {
  const child = spawnTied(process.execPath, [program, process.env.TRELLIS_MQTTJS, JSON.stringify(settings)]);
  const lines = new Inbox();
  const said = [];
  createInterface(child.stdout).on('line', (line) => lines.put(line));
  createInterface(child.stderr).on('line', (line) => said.push(line));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const next = async (what) => {
    const early = ended.then(() => Promise.reject(new Error(`the issuer ended:\n${said.join('\n')}`)));
    for (;;) {
      const [word, ...rest] = (await Promise.race([lines.next(`the issuer's ${what}`), early])).split(' ');
      if (word === what) return rest;
    }
  };
  const [url] = await next('issuer');
  const signalled = (signal) => {
    child.kill(signal);
    return next('signs');
  };
  return {
    url,
    // The client's access token, as the client itself would fetch it.
    async token(client, resource = 'https://eventgrid.azure.net/') {
      const answer = await within(15_000, 'a token', fetch(`${url}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: 'secret', resource }),
      }));
      if (!answer.ok) throw new Error(`no token for ${client}: ${await answer.text()}`);
      return (await answer.json()).access_token;
    },
    replaceKeys: () => signalled('SIGHUP'),
    addKey: () => signalled('SIGUSR2'),
    hang: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    // Right away, as killed from outside; also one that hangs.
    async die() {
      child.kill('SIGKILL');
      await within(15_000, 'the issuer to end', ended);
    },
  };
}

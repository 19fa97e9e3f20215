// Certificate authorities and what they issue, made with openssl: good certificates, and those no client should get in by.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const AUTHORITY = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign';

// As a whole file, so that nobody reads half of one.
export function replace(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

// The time as `openssl ca` takes it, that many days from now.
function day(from_now) {
  return new Date(Date.now() + from_now * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');
}

function openssl(...words) {
  return execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] });
}

export class Pki {
  constructor(folder) {
    mkdirSync(folder);
    this.folder = folder;
    writeFileSync(this.file('request.cnf'), '[req]\ndistinguished_name=none\n[none]\n');
  }

  file(name) { return join(this.folder, name); }
  pem(name) { return readFileSync(this.file(`${name}.pem`), 'utf8'); }
  thumbprint(name) { return createHash('sha256').update(new X509Certificate(this.pem(name)).raw).digest('hex'); }

  validTo(name) { return Date.parse(new X509Certificate(this.pem(name)).validTo); }

  // What a client shows: mosquitto's arguments and MQTT.js's options. chain: names of certificates sent along.
  shown(name, ...chain) {
    const file = this.file(`${[name, ...chain].join('-')}.chain`);
    writeFileSync(file, [name, ...chain].map((one) => this.pem(one)).join(''));
    return { certificate: file, key: this.file(`${name}.key`), cert: readFileSync(file), keyText: readFileSync(this.file(`${name}.key`)) };
  }

  selfSigned(name, extensions = []) {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', this.file('request.cnf'),
      '-subj', `/CN=${name}`, '-days', '30', '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`),
      ...extensions.flatMap((one) => ['-addext', one]));
  }

  root(name) {
    this.selfSigned(name, AUTHORITY.split('\n'));
    this.#openBooks(name);
  }

  intermediate(issuer, name) {
    this.issue(issuer, name, { extensions: AUTHORITY });
    this.#openBooks(name);
  }

  // Days, also parts of them, may lie in the past.
  issue(issuer, name, { subject = name, extensions = '', from = -1, until = 30 } = {}) {
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', this.file('request.cnf'),
      '-subj', `/CN=${subject}`, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.csr`));
    writeFileSync(this.file(`${name}.ext`), `subjectKeyIdentifier=hash\n${extensions}\n`);
    this.#ca(issuer, '-in', this.file(`${name}.csr`), '-out', this.file(`${name}.pem`), '-notext', '-extfile', this.file(`${name}.ext`),
      '-startdate', day(from), '-enddate', day(until));
  }

  revoke(issuer, name) { this.#ca(issuer, '-revoke', this.file(`${name}.pem`)); }
  revocationList(issuer) { return this.#ca(issuer, '-gencrl').toString(); }

  #openBooks(name) {
    writeFileSync(this.file(`${name}.index`), '');
    writeFileSync(this.file(`${name}.index.attr`), 'unique_subject=no\n');
    writeFileSync(this.file(`${name}.number`), '01\n');
    writeFileSync(this.file(`${name}.cnf`), `[ca]\ndefault_ca=own\n[own]\ndatabase=${this.file(`${name}.index`)}\n` +
      `new_certs_dir=${this.folder}\nrand_serial=yes\ncrlnumber=${this.file(`${name}.number`)}\ndefault_md=sha256\n` +
      'default_crl_days=30\npolicy=any\n[any]\ncommonName=optional\n');
  }

  #ca(issuer, ...words) {
    return openssl('ca', '-batch', '-config', this.file(`${issuer}.cnf`), '-cert', this.file(`${issuer}.pem`),
      '-keyfile', this.file(`${issuer}.key`), ...words);
  }
}

// An endpoint of HTTP/2 for events, as Node.js makes it, that does wrong things, too.
//
// Usage: node http2_endpoint.mjs PORT FOLDER MANNER [MILLISECONDS]
//
//   FOLDER        where its certificate is: peer.pem, peer.key
//   MANNER        good; leaving: says GOAWAY after each fifty requests, and begins with none that came after; wrong: each
//                 event's first delivery meets something else; old: HTTP/1.1
//   MILLISECONDS  before an answer
//
// Prints a line for each event that it took: took NUMBER SUBJECT CONNECTION STREAMS.
import {readFileSync} from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';

const [port, folder, manner, wait = '0'] = process.argv.slice(2);
const pair = {cert: readFileSync(`${folder}/peer.pem`), key: readFileSync(`${folder}/peer.key`)};
const {NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM} = http2.constants;
const seen = new Set();
let sessions = 0;

function took(body, session, streams) {
  for (const event of [JSON.parse(body)].flat()) {
    process.stdout.write(`took ${event.id} ${event.subject} ${session} ${streams}\n`);
  }
}

function endless(stream) {
  stream.respond({':status': 500});
  const more = () => {
    while (!stream.destroyed && stream.write('x'.repeat(16384)));
  };
  stream.on('drain', more);
  more();
}

// By the event's number. The second delivery meets nothing of it.
const wrongs = [
  () => {},
  (stream) => {
    stream.respond({':status': 500});
    stream.write('half');
  },
  (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
  endless,
  (stream) => stream.respond({':status': 500, 'x-long': 'x'.repeat(40000)}, {endStream: true}),
  (stream) => {
    stream.respond({':status': 500});  // Node.js may end the answer before the reset
    stream.write('half');
    stream.close(NGHTTP2_CANCEL);
  },
  (stream) => stream.session.destroy(),
  (stream) => stream.respond({':status': 302, location: 'https://127.0.0.1:1/'}, {endStream: true})
];

function answer(stream, body, state) {
  if (stream.destroyed) return;
  const number = Number([JSON.parse(body)].flat()[0].id);
  const wrong = manner === 'wrong' && !seen.has(number) ? wrongs[number % 10] : undefined;
  seen.add(number);
  if (wrong) return wrong(stream);
  setTimeout(() => {
    if (stream.destroyed) return;
    took(body, state.number, state.open);
    stream.respond({':status': 200}, {endStream: true});
  }, Number(wait));
}

function onStream(stream, state) {
  stream.on('error', () => {});
  if (++state.streams === 50 && manner === 'leaving') {
    state.last = stream.id;
    stream.session.goaway(0, stream.id);
  }
  if (stream.id > state.last) return;  // the client was told that it was not begun with
  ++state.open;
  let body = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece) => (body += piece));
  stream.on('end', () => answer(stream, body, state));
  stream.on('close', () => --state.open);
}

if (manner === 'old') {
  const server = https.createServer(pair, (request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      took(body, 0, 1);
      response.end();
    });
  });
  server.listen(Number(port), '127.0.0.1');
} else {
  const server = http2.createSecureServer(pair);
  server.on('session', (session) => {
    const state = {number: ++sessions, streams: 0, open: 0, last: Infinity};
    session.on('error', () => {});
    session.on('stream', (stream) => onStream(stream, state));
  });
  server.listen(Number(port), '127.0.0.1');
}

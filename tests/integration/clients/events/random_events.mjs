// Random CloudEvents: the same ones for the same seed, so that a failure can be looked at again.

// A generator of 32 bits (Marsaglia's xorshift).
function generator(seed) {
  let state = seed || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const OF_URIS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/'];
// Header fields hold them as they are.
export const OF_HEADERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&\'()*+,;=:@/?'];
// What needs quoting or encoding somewhere, and letters of two, three and four bytes.
const ANY = [...OF_HEADERS, ...' "%\\<>{}|^`#[]', ...'ßéñ\u00a0ЖאعÅ\u0301\u200d\u202e中\ufeff\uff21', '\u{1F40C}', '\u{10348}', '\u{E0067}'];

export function randomEvents(seed) {
  const random = generator(seed);
  const some = (list) => list[random(list.length)];
  const text = (letters, longest = 24) => Array.from({ length: 1 + random(longest) }, () => some(letters)).join('');
  const maybe = (make) => (random(2) ? make() : undefined);
  const number = () => some([0, -0.5, 1, -1, 2 ** 31, 2 ** 53, 1e21, 5e-324, 1.7976931348623157e308, 0.1, random(1e9) / 1000]);

  const value = (depth) => {
    const kind = random(depth > 0 ? 7 : 5);
    if (kind < 2) return text(ANY);
    if (kind < 4) return some([true, false, null, number()]);
    if (kind === 4) return '';
    if (kind === 5) return Array.from({ length: random(4) }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: random(4) }, () => [text(ANY), value(depth - 1)]));
  };

  const DATA = [
    () => ({}),
    () => ({ datacontenttype: some(['application/json', 'application/vnd.some+json; charset=utf-8']), data: { all: value(3) } }),
    () => ({ datacontenttype: 'application/json', data: [value(2), value(2)] }),
    () => ({ datacontenttype: some(['text/plain', 'text/csv; charset=utf-8', 'application/xml']), data: text(ANY, 200) }),
    () => ({ datacontenttype: 'application/octet-stream', data: Uint8Array.from({ length: 1 + random(400) }, () => random(256)) }),
  ];
  const EXTENSION = [() => text(ANY), () => some([0, -1, 1, 2 ** 31 - 1, -(2 ** 31)]), () => some([true, false])];

  // letters: of all attributes that may have any.
  return (letters = ANY) => ({
    id: text(letters),
    source: `/${text(OF_URIS)}`,
    type: text(letters),
    time: new Date(Date.UTC(1970 + random(200), random(12), 1 + random(28), random(24), random(60), random(60), random(1000))).toISOString(),
    subject: maybe(() => text(letters)),
    dataschema: maybe(() => `urn:${text(OF_URIS)}`),
    ...some(DATA)(),
    ...Object.fromEntries(Array.from({ length: random(5) }, (_, i) => [
      `${some(['ext', 'x', 'traceid', 'z0123456789'])}${i}`, letters === ANY ? some(EXTENSION)() : text(letters)])),
  });
}
